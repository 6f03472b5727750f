from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from umapkit.data import write_map


@pytest.mark.parametrize("options", [[], ["--labels", "kind"], ["--values", "year"]])
def test_a_picture_is_written(run, made_map, tmp_path, options):
    image = pytest.importorskip("matplotlib.image")
    out = tmp_path / "map.png"
    run("plot", made_map, "-o", out, *options)
    pixels = image.imread(out)
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels.reshape(-1, pixels.shape[2]), axis=0)) > 5


def test_a_vector_picture_has_the_title(run, made_map, tmp_path):
    pytest.importorskip("matplotlib")
    run("plot", made_map, "-o", tmp_path / "map.svg", "--title", "Ten digits")
    drawn = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert drawn.count("<") > 100
    # Letters are outlines; the text stands beside them.
    assert "<!-- Ten digits -->" in drawn


def test_a_page_has_the_classes_of_the_picture(run, tmp_path):
    path, out = tmp_path / "map.parquet", tmp_path / "map.html"
    classes = np.array([1.0, 2.0, np.nan, -1.0, 2.0, 10.0])
    write_map(path, np.eye(6)[:, :2], columns={"class": classes})
    run("plot", path, "-o", out, "--labels", "class")
    text = out.read_text(encoding="utf-8")
    data = json.loads(
        text[text.index('{"title"') : text.index("</script>", text.index('{"title"'))]
    )
    column = data["columns"][0]
    assert column["kind"] == "category"
    assert column["levels"] == ["1", "2", "10"]
    assert list(base64.b64decode(column["data"])) == [1, 2, 0, 0, 2, 3]


def test_a_page_is_written_with_its_columns(run, made_map, tmp_path):
    out = tmp_path / "map.html"
    run("plot", made_map, "-o", out, "--labels", "kind", "--title", "Ten <digits>")
    text = out.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "digit 3" in text
    assert "Ten <digits>" not in text


def test_what_cannot_be_drawn_is_refused(run, made_map, tmp_path):
    def refused(*arguments: object) -> str:
        return run("plot", *arguments, code=1).stderr

    png = tmp_path / "m.png"
    assert "must end in .png" in refused(made_map, "-o", tmp_path / "m.gif")
    assert "exclude each other" in refused(made_map, "-o", png, "--labels", "a", "--values", "b")
    assert "no column 'size'" in refused(made_map, "-o", png, "--labels", "size")
    assert "It has: kind, year" in refused(made_map, "-o", png, "--values", "size")
    assert "does not exist" in refused(tmp_path / "none.csv", "-o", png)
    assert "Create it first" in refused(made_map, "-o", tmp_path / "no" / "m.png")
    solid = tmp_path / "solid.npy"
    write_map(solid, np.eye(3))
    assert "has 3 dimensions" in refused(solid, "-o", png)
    assert not png.exists()
