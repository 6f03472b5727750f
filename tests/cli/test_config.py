from __future__ import annotations

import pytest

from umapkit.cli._config import merge_config

GIVEN = {"n_neighbors": None, "min_dist": None, "columns": [], "quiet": False, "seed": 3}


def test_without_a_file_options_stay():
    assert merge_config(GIVEN, None) == GIVEN


def test_a_file_fills_what_was_not_given(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('n-neighbors = 30\nseed = 7\ncolumns = "a"\nquiet = true\n', encoding="utf-8")
    merged = merge_config(GIVEN, str(path))
    assert merged == {
        "n_neighbors": 30,
        "min_dist": None,
        "columns": ["a"],
        "quiet": True,
        "seed": 3,
    }


def test_wrong_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        merge_config(GIVEN, str(tmp_path / "no.toml"))
    path = tmp_path / "c.toml"
    path.write_text("n_neighbours = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"no option 'n_neighbours'. There are: columns, min_dist"):
        merge_config(GIVEN, str(path))
    path.write_text("n_neighbors = = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is no TOML file"):
        merge_config(GIVEN, str(path))


def test_a_flag_with_two_sides_wins_over_the_file_on_both(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("header = true\nquiet = true\n", encoding="utf-8")
    given = {"header": False, "quiet": False}
    assert merge_config(given, str(path)) == {"header": False, "quiet": True}
    assert merge_config({**given, "header": None}, str(path))["header"] is True
