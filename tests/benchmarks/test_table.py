from __future__ import annotations

import csv
from pathlib import Path

from _table import keep, markdown, numbers, read_records, side_by_side, write_record
from side_by_side import command, options


def made(method: str, **more) -> dict:
    fine = {"fit_s": [3.0, 1.0], "base_s": 0.5, "import_s": 0.25, "peak_mb": 100.0, "scores": {}}
    record = {"set": "digits", "method": method, "maps": True, "status": "ok", "version": "1"}
    return {**record, **fine, "run": "b", **more}


def cells(table: str, row: int) -> list[str]:
    return [cell.strip() for cell in table.splitlines()[2 + row].strip("|").split(" | ")]


def test_cold_is_the_median_with_imports_and_warm_the_shortest_later_fit():
    records = [
        made("umapkit", fit_s=[3.0, 1.0]),
        made("umapkit", fit_s=[9.0, 0.5]),
        made("umapkit", fit_s=[4.0, 0.75]),
        made("umap-learn", fit_s=[20.0, 5.0]),
    ]
    table = side_by_side(records)
    assert cells(table, 0)[2:6] == ["4.75", "0.50 + 0.25", "0.500", "1.0"]
    assert cells(table, 1)[4:6] == ["5.00", "10.0"]


def test_what_is_missing_or_fails_keeps_its_row():
    records = [
        {"set": "digits", "method": "openTSNE", "maps": True, "status": "not installed"},
        {"set": "digits", "method": "fastumap", "status": "failed", "reason": "no | luck"},
        made("umapkit"),
        made("umapkit", status="failed", reason="out of luck"),
    ]
    lines = side_by_side(records).splitlines()
    assert lines[2].startswith("| digits | openTSNE | not installed |")
    assert lines[3].startswith("| digits | fastumap | failed: no \\| luck |")
    assert lines[4].startswith("| digits | umapkit 1 (1 of 2 failed: out of luck) | 3.75 |")


def test_scores_of_several_seeds_are_a_mean_and_a_deviation():
    records = [made("umapkit", scores={"silhouette": value}) for value in (0.25, 0.75)]
    assert "0.5000 ± 0.2500" in side_by_side(records)


def test_the_last_run_of_a_file_makes_its_table_again(tmp_path: Path):
    file = tmp_path / "records.jsonl"
    write_record(file, made("umapkit", run="a"))
    records = [made("umapkit"), made("umap-learn", told_recall=0.9, recall=0.95)]
    for record in records:
        write_record(file, record)
    assert side_by_side(read_records(file)) == side_by_side(records)
    assert "0.9500 (told 0.9000)" in side_by_side(records)


def test_short_rows_are_filled_up():
    assert markdown(["a", "b"], [["1"]]) == "| a | b |\n| --- | --- |\n| 1 |  |"


def test_the_numbers_of_a_run_are_kept_with_machine_and_version(tmp_path: Path):
    file = tmp_path / "records.csv"
    records = [made("umapkit", machine="here", version="1.2"), made("umap-learn", machine="here")]
    keep(file, records[:1], "side_by_side.py --sets digits")
    keep(file, records, "side_by_side.py")
    lines = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert lines[0]["machine"] == "here"
    assert lines[0]["version"] == "1.2"
    assert lines[0]["command"] == "side_by_side.py --sets digits"
    told = {line["quantity"]: float(line["value"]) for line in lines if line["method"] == "umapkit"}
    assert {"cold, s", "warm, s", "peak MB"} <= told.keys()
    assert len([line for line in lines if line["quantity"] == "peak MB"]) == 3


def test_a_method_that_failed_leaves_no_number():
    assert numbers([{"set": "digits", "method": "pacmap", "status": "not installed"}]) == []


def test_records_tell_what_was_measured_and_no_path_of_the_machine():
    words = "--sets mnist --seeds 0 1 2 --jobs 99 --peer /a/python /b/python --keep /c/records.csv"
    asked = options().parse_args([*words.split(), "--record", "/d/run.jsonl"])
    assert command(asked) == "side_by_side.py --sets mnist --seeds 0 1 2 --jobs 99"
