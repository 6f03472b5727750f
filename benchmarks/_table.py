"""Markdown tables out of records."""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from _scores import SCORES


def markdown(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Join cells to a table; short rows are filled up."""
    lines = [_line(headers), _line(["---"] * len(headers))]
    lines += [_line([*row, *[""] * (len(headers) - len(row))]) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def seconds(value: float) -> str:
    """Three digits or so: 0.132, 1.32, 13.2, 132."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def failure(record: dict) -> str | None:
    """Say why there is no result; None if there is one."""
    status = record["status"]
    if status == "ok":
        return None
    return f"failed: {record['reason']}" if status == "failed" else status


def spread(values: Sequence[float | None]) -> str:
    """Mean, and standard deviation where there are several."""
    there = [value for value in values if value is not None]
    if not there:
        return ""
    mean = f"{statistics.fmean(there):.4f}"
    return mean if len(there) == 1 else f"{mean} ± {statistics.pstdev(there):.4f}"


def side_by_side(records: Sequence[dict]) -> str:
    """One row a set and method; the processes of a method (one a seed) are taken together.

    cold: median over the processes of their imports and first fit. warm: the shortest later fit.
    x ours: warm, as a multiple of umapkit's (of umapkit-descent's for searches). recall: measured;
    told: what umapkit itself says.
    """
    headers = ["data", "method", "cold, s", "of it base + own import", "warm, s", "x ours"]
    headers += ["recall", *SCORES, "peak MB"]
    table = []
    for key in dict.fromkeys((r["set"], r["method"]) for r in records):
        group = [r for r in records if (r["set"], r["method"]) == key]
        good = [r for r in group if r["status"] == "ok"]
        version = next((r["version"] for r in group if "version" in r), "")
        name = [key[0], f"{key[1]} {version}".strip()]
        bad = [failure(r) for r in group if r["status"] != "ok"]
        if not good:
            table.append([*name, "; ".join(dict.fromkeys(b for b in bad if b))])
            continue
        if bad:
            name[1] += f" ({len(bad)} of {len(group)} {bad[0]})"
        base = statistics.median(r["base_s"] for r in good)
        own = statistics.median(r["import_s"] for r in good)
        cold = statistics.median(r["base_s"] + r["import_s"] + r["fit_s"][0] for r in good)
        warm, ours = _warm(good), _warm(_ours(records, good[0]))
        row = [*name, seconds(cold), f"{base:.2f} + {own:.2f}"]
        row += ["" if warm is None else seconds(warm)]
        row += ["" if warm is None or ours is None else f"{warm / ours:.1f}"]
        row += [_recall(good), *(spread([r["scores"].get(s) for r in good]) for s in SCORES)]
        table.append([*row, f"{max(r['peak_mb'] for r in good):.0f}"])
    return markdown(headers, table)


def numbers(records: Sequence[dict]) -> list[list[str]]:
    """List what was measured, a line a number: set, method, version, quantity, value.

    The figures of `side_by_side`: processes of a method taken together, scores as means.
    """
    found = []
    for key in dict.fromkeys((r["set"], r["method"]) for r in records):
        good = [r for r in records if (r["set"], r["method"]) == key and r["status"] == "ok"]
        if not good:
            continue
        cold = statistics.median(r["base_s"] + r["import_s"] + r["fit_s"][0] for r in good)
        told = {"cold, s": cold, "warm, s": _warm(good)}
        told["recall"] = _mean([r.get("recall") for r in good])
        told |= {name: _mean([r["scores"].get(name) for r in good]) for name in SCORES}
        told["peak MB"] = max(r["peak_mb"] for r in good)
        version = good[0]["version"]
        found += [
            [*key, version, quantity, f"{value:.4g}"]
            for quantity, value in told.items()
            if value is not None
        ]
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return statistics.fmean(there) if there else None


def keep(path: Path, records: Sequence[dict], command: str) -> None:
    """Append the numbers of a run to a file of records, CSV (see tools/readme_table.py)."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        if new:
            write(["date", "machine", "command", "data", "method", "version", "quantity", "value"])
        for line in numbers(records):
            write([records[0]["run"], records[0]["machine"], command, *line])


def _warm(records: Sequence[dict]) -> float | None:
    return min((s for r in records for s in r["fit_s"][1:]), default=None)


def _ours(records: Sequence[dict], like: dict) -> list[dict]:
    ours = "umapkit" if like["maps"] else "umapkit-descent"
    wanted = (like["set"], ours, "ok")
    return [r for r in records if (r["set"], r["method"], r["status"]) == wanted]


def _recall(records: Sequence[dict]) -> str:
    if all(r.get("exact") for r in records):
        return "all pairs"
    problems = [r["lists_error"] for r in records if "lists_error" in r]
    if problems:
        return problems[0]
    told = spread([r.get("told_recall") for r in records])
    return spread([r.get("recall") for r in records]) + (f" (told {told})" if told else "")


def write_record(path: Path, record: dict) -> None:
    """Append a record to a file, one line of JSON."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_records(path: Path) -> list[dict]:
    """Read the records of the last run in a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    return [r for r in records if r["run"] == records[-1]["run"]]
