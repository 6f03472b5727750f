from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib import resources

import numpy as np
import pytest

from umapkit.view import write_page

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "<!--<script>",
    "]]>&lt;\u2028\u2029",
    "{{SCRIPT}} {{DATA}} \\1 \\g<0>",
    "'\"`${window.hacked=1}",
    "__proto__",
    "javascript:window.hacked=1",
]
_TYPES = {code: "<" + code for code in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")}


class _Parts(HTMLParser):
    """Elements of a page: (tag, attributes) in order, and the text of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self._open = [], [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in ("script", "style", "title") else None
        if self._open:
            self.texts.append([tag, ""])

    def handle_data(self, data):
        if self._open:
            self.texts[-1][1] += data

    def handle_endtag(self, tag):
        self._open = None


def _written(tmp_path, coords=((0, 0), (1, 2), (3, 1)), **more):
    page = write_page(tmp_path / "map.html", np.array(coords, dtype=float), **more)
    return page.read_text(encoding="utf-8")


def _data(page):
    return json.loads(next(text for tag, text in _Parts(page).texts if text.startswith('{"title"')))


def _column(page, name):
    column = next(c for c in _data(page)["columns"] if c["name"] == name)
    column["values"] = np.frombuffer(base64.b64decode(column["data"]), _TYPES[column["type"]])
    return column


def test_the_page_is_one_file_that_names_nothing_outside_itself(tmp_path):
    page = _written(tmp_path, columns={"a": [1.5, 2.5, 3.5]})
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]
    assert not re.search(r"https?:|//[a-z0-9]+\.|@import|url\(", page)
    for tag, attributes in _Parts(page).tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_policy_allows_exactly_the_script_and_style_of_the_page(tmp_path):
    page = _written(tmp_path)
    parts = _Parts(page)
    policy = next(a["content"] for _, a in parts.tags if a.get("http-equiv"))
    style = next(text for tag, text in parts.texts if tag == "style")
    script = [text for tag, text in parts.texts if tag == "script"][-1]

    def digest(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; "
        f"style-src 'sha256-{digest(style)}'; base-uri 'none'; form-action 'none'"
    )
    # A policy in a meta element rules only what follows it.
    tags = [tag for tag, _ in parts.tags]
    assert tags.index("meta") < min(tags.index("style"), tags.index("script"))


def test_hostile_text_cannot_leave_the_data(tmp_path):
    coords = np.zeros((len(HOSTILE), 2))
    columns = dict.fromkeys(HOSTILE, HOSTILE)
    page = _written(tmp_path, coords, columns=columns, title=HOSTILE[0], note=HOSTILE[1])
    plain = _written(tmp_path)
    assert [tag for tag, _ in _Parts(page).tags] == [tag for tag, _ in _Parts(plain).tags]
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert not set("<>&\u2028\u2029") & set(raw[1])
    data = _data(page)
    assert [c["name"] for c in data["columns"]] == HOSTILE
    assert data["title"] == HOSTILE[0]
    for name in HOSTILE:
        column = _column(page, name)
        assert [column["levels"][k - 1] for k in column["values"]] == HOSTILE


def test_the_scripts_never_turn_text_into_markup():
    static = resources.files("umapkit.view") / "static"
    for file in static.iterdir():
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 500, file.name
        if file.name.endswith(".js"):
            for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
                assert word not in text, (file.name, word)
            for word in (
                "Function(",
                "fetch(",
                "XMLHttpRequest",
                "WebSocket",
                "import(",
                "</script",
                "<!--",
            ):
                assert word not in text, (file.name, word)


def test_positions_are_kept_as_float32(tmp_path):
    coords = np.random.default_rng(0).normal(size=(50, 2)) * 7
    data = _data(_written(tmp_path, coords))
    kept = np.frombuffer(base64.b64decode(data["xy"]), "<f4").reshape(-1, 2)
    assert np.array_equal(kept, coords.astype("f4"))
    order = np.frombuffer(base64.b64decode(data["order"]), "<u4")
    assert np.array_equal(np.sort(order), np.arange(50))


@pytest.mark.parametrize(
    ("values", "kind", "code"),
    [
        (np.arange(30), "number", "u1"),
        (np.arange(30) - 9, "number", "i1"),
        (np.arange(30) + 300, "number", "u2"),
        (np.arange(30) - 300, "number", "i2"),
        (np.arange(30) + 70_000, "number", "u4"),
        (np.arange(30) - 70_000, "number", "i4"),
        (np.arange(30) + 2**40, "number", "f8"),
        (np.arange(30, dtype="f4") / 3, "number", "f4"),
        (np.arange(30, dtype="f2"), "number", "f4"),
        (np.arange(30, dtype="f8") / 3, "number", "f8"),
    ],
)
def test_numbers_travel_without_loss_in_the_smallest_type(tmp_path, values, kind, code):
    column = _column(_written(tmp_path, np.zeros((30, 2)), columns={"v": values}), "v")
    assert (column["kind"], column["type"]) == (kind, code)
    assert np.array_equal(column["values"], values)


def test_missing_numbers_stay_missing_and_the_json_stays_valid(tmp_path):
    page = _written(tmp_path, columns={"a": [1.0, np.nan, np.inf], "b": [1, None, 2.5]})
    assert np.array_equal(_column(page, "a")["values"], [1.0, np.nan, np.inf], equal_nan=True)
    assert np.array_equal(_column(page, "b")["values"], [1.0, np.nan, 2.5], equal_nan=True)


def test_text_booleans_and_few_integers_are_categories(tmp_path):
    columns = {"t": ["b", None, "a"], "f": [True, False, True], "i": [2020, 2021, 2020]}
    page = _written(tmp_path, columns=columns)
    assert _column(page, "t")["levels"] == ["a", "b"]
    assert _column(page, "t")["values"].tolist() == [2, 0, 1]
    assert _column(page, "f")["levels"] == ["False", "True"]
    assert _column(page, "i")["levels"] == ["2020", "2021"]


def test_integers_that_a_number_would_round_keep_all_digits(tmp_path):
    ids = 1234567890123456700 + np.arange(30)
    objects = np.array([*ids[:-1].tolist(), None], dtype=object)
    unsigned = ids.astype("u8") * 4
    columns = {"id": ids, "object": objects, "unsigned": unsigned, "low": -ids}
    page = _written(tmp_path, np.zeros((30, 2)), columns=columns)
    for name, values in columns.items():
        column = _column(page, name)
        shown = [column["levels"][k - 1] if k else None for k in column["values"]]
        assert shown == [None if v is None else str(v) for v in values.tolist()]
    edge = _written(tmp_path, np.zeros((30, 2)), columns={"edge": 2**53 - np.arange(30)})
    assert _column(edge, "edge")["kind"] == "number"


def test_many_levels_take_wider_codes(tmp_path):
    names = [f"row {i}" for i in range(300)]
    column = _column(_written(tmp_path, np.zeros((300, 2)), columns={"name": names}), "name")
    assert column["type"] == "u2"
    assert [column["levels"][k - 1] for k in column["values"]] == names


def test_dates_become_milliseconds(tmp_path):
    dates = np.array(["2024-01-02", "NaT", "1969-12-31T23:59:59"], dtype="datetime64[s]")
    column = _column(_written(tmp_path, columns={"when": dates}), "when")
    assert column["kind"] == "time"
    assert np.array_equal(column["values"], [1704153600000, np.nan, -1000], equal_nan=True)


def test_data_frames_give_their_columns(tmp_path):
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    plain = {"word": ["x", "y", "x"], "size": [0.5, 1.5, 2.5]}
    expected = _data(_written(tmp_path, columns=plain))["columns"]
    assert _data(_written(tmp_path, columns=pandas.DataFrame(plain)))["columns"] == expected
    pyarrow = pytest.importorskip("pyarrow")
    for frame in (polars.DataFrame(plain), pyarrow.table(plain)):
        assert _data(_written(tmp_path, columns=frame))["columns"] == expected


def test_labels_come_first_and_minus_one_is_missing(tmp_path):
    page = _written(tmp_path, labels=[-1, 4, 3], columns={"size": [0.1, 0.2, 0.3]})
    column = _column(page, "label")
    assert column["levels"] == ["3", "4"]
    assert column["values"].tolist() == [0, 2, 1]
    assert _data(page)["colorBy"] == "label"


def test_choices_are_kept(tmp_path):
    given = {"hover": ["b"], "background": "black", "note": "n", "title": "t"}
    columns = {"a": [1.5, 2.5, 3.5], "b": ["x", "y", "z"]}
    data = _data(_written(tmp_path, columns=columns, color_by="b", point_size=3.5, **given))
    assert {name: data[name] for name in given} == given
    assert (data["colorBy"], data["pointSize"]) == ("b", 3.5)


def test_same_input_same_bytes(tmp_path):
    assert _written(tmp_path, labels=[1, 2, 3]) == _written(tmp_path, labels=[1, 2, 3])


def test_a_fitted_model_is_written_like_its_embedding(tmp_path):
    class Model:
        embedding_ = np.array([[0.0, 1.0], [2.0, 3.0]])

    one = write_page(tmp_path / "a.html", Model()).read_bytes()
    assert one == write_page(tmp_path / "b.html", Model.embedding_).read_bytes()


def test_a_failed_write_leaves_the_old_page(tmp_path):
    page = write_page(tmp_path / "map.html", [[0, 0]])
    before = page.read_bytes()
    with pytest.raises(ValueError, match="has 2 entries"):
        write_page(page, [[0, 0]], labels=[1, 2])
    assert page.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_lone_surrogates_do_not_stop_the_page(tmp_path):
    page = _written(tmp_path, columns={"file": ["a\udce9", "b", "c"]}, title="\udce9")
    assert _column(page, "file")["levels"][0] == "a?"


@pytest.mark.parametrize(
    ("error", "match", "more"),
    [
        (ValueError, "column 'a' has 2 entries, but the map has 3", {"columns": {"a": [1, 2]}}),
        (ValueError, r"column 'a' has shape \(3, 1\)", {"columns": {"a": np.zeros((3, 1))}}),
        (TypeError, "columns is a list", {"columns": [[1, 2, 3]]}),
        (ValueError, "Two columns are called '1'", {"columns": {"1": [1, 2, 3], 1: [1, 2, 3]}}),
        (
            ValueError,
            "labels takes the name",
            {"columns": {"label": [1, 2, 3]}, "labels": [1, 2, 3]},
        ),
        (
            ValueError,
            "color_by names the column 'b'",
            {"columns": {"a": [1, 2, 3]}, "color_by": "b"},
        ),
        (ValueError, "hover names the column 'b'", {"columns": {"a": [1, 2, 3]}, "hover": ["b"]}),
        (TypeError, "hover='a' is one text", {"columns": {"a": [1, 2, 3]}, "hover": "a"}),
        (ValueError, "background='red'", {"background": "red"}),
        (ValueError, "point_size=0", {"point_size": 0}),
        (ValueError, r"shape \(3, 3\).*\[:, :2\]", {"coords": np.zeros((3, 3))}),
        (ValueError, "beyond float32", {"coords": [[1e300, 0.0]]}),
    ],
)
def test_errors_say_what_was_given(tmp_path, error, match, more):
    with pytest.raises(error, match=match):
        _written(tmp_path, **more)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        write_page(tmp_path / "nowhere" / "map.html", [[0, 0]])
