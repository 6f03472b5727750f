"""umapkit and its peers in one run: time, neighbour recall, four quality figures, peak memory.

    python benchmarks/side_by_side.py --peer PEER_PYTHON [--sets digits mnist:5000 ...]
        [--methods ...] [--seeds 0 1 2]

Every method runs in a process of its own, one process a seed, the methods in turn. A row of the
table is a set and a method; "not installed" and "failed: why" are rows too. Records go to
side_by_side.jsonl in the scratch folder, from which ``--table FILE`` makes the table again.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from _data import HELP, cores, load_average, machine, rows_of, scratch, stored
from _methods import METHODS, Ask
from _run import find_packages, run_method
from _scores import list_recall, map_scores
from _table import failure, keep, read_records, side_by_side, write_record

_OF_THIS_MACHINE = ("peer", "record", "table", "keep")  # paths: not for the records


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--peer", nargs="+", default=[], metavar="PYTHON", help="interpreters that have peers")
    add("--sets", nargs="+", default=["digits", "mnist"], metavar="SET", help=HELP)
    add("--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="METHOD",
        help=f"{', '.join(METHODS)} (default: all)")  # fmt: skip
    add("--repeat", type=int, default=2, help="fits in a process; the first counts as cold")
    add("--seeds", nargs="+", type=int, default=[0], help="one process each")
    add("--neighbors", type=int, default=15, help="the row itself included")
    add("--components", type=int, default=2)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--sample", type=int, default=5000, help="rows on which scores and recall are measured")
    add("--limit", type=float, default=3600.0, help="seconds that a process may take")
    add("--record", type=Path, help="file of the records")
    add("--table", type=Path, metavar="FILE", help="print the table of the last run in FILE")
    add("--keep", type=Path, metavar="CSV", help="append the numbers to a file of records/")
    return parser


def command(asked: argparse.Namespace) -> str:
    """What was measured, as it is asked for: whatever is not the default, but no path."""
    usual = vars(options().parse_args([]))
    words = [Path(__file__).name]
    for name, value in vars(asked).items():
        if name not in _OF_THIS_MACHINE and value != usual[name]:
            words += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return " ".join(words)


def main() -> None:
    asked = options().parse_args()
    if asked.table is not None:
        records = read_records(asked.table)
        print(f"# {records[0]['machine']}\n\n{side_by_side(records)}")
        if asked.keep is not None:
            keep(asked.keep, records, f"{Path(sys.argv[0]).name}, run of {records[0]['run']}")
        return
    found = find_packages(asked.peer)
    file = asked.record or scratch() / "side_by_side.jsonl"
    run, here = datetime.datetime.now().isoformat(timespec="seconds"), machine()
    warm_up(asked, found)
    records = []
    for name in asked.sets:
        rows, labels = rows_of(name)
        path = stored(name, rows)
        for seed in asked.seeds:
            for method in asked.methods:
                ask = Ask(asked.neighbors, asked.components, seed, asked.jobs)
                record = {
                    "run": run, "machine": here, "set": name, "n": len(rows), "d": rows.shape[1],
                    "method": method, "maps": METHODS[method].maps, "load": load_average(),
                    "ask": vars(ask), "sample": asked.sample,
                }  # fmt: skip
                told, arrays = run_method(
                    method, path, ask, found, repeat=asked.repeat, limit=asked.limit
                )
                record |= told
                if record["status"] == "ok":
                    judge(record, rows, labels, arrays, asked.sample)
                write_record(file, record)
                records.append(record)
                outcome = failure(record) or ", ".join(f"{s:.2f} s" for s in record["fit_s"])
                print(f"{name} {method}: {outcome}", file=sys.stderr, flush=True)
        path.unlink()
    print(f"# {here}; {asked.jobs} threads, seeds {asked.seeds}, {run}")
    print(f"\n{side_by_side(records)}\n\nRecords: {file}")
    if asked.keep is not None:
        keep(asked.keep, records, command(asked))


def warm_up(asked: argparse.Namespace, found: dict) -> None:
    """Run each package once, uncounted: files are read, caches on the disk are filled."""
    rows = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    path = stored("warm_up", rows)
    for method in asked.methods:
        run_method(method, path, Ask(jobs=asked.jobs), found, repeat=1, limit=asked.limit)
    path.unlink()


def judge(
    record: dict, rows: np.ndarray, labels: np.ndarray | None, arrays: dict, sample: int
) -> None:
    """Add the scores of the map and the recall of the lists to a record."""
    record["scores"] = {}
    if "lists" in arrays:
        k = min(record["ask"]["n_neighbors"], len(rows))
        record["recall"] = list_recall(rows, arrays["lists"], k, sample=sample)
    if "embedding" in arrays:
        if not np.isfinite(arrays["embedding"]).all():
            record |= {"status": "failed", "reason": "the map holds NaN or infinity"}
            return
        record["scores"] = map_scores(rows, labels, arrays["embedding"], sample=sample)


if __name__ == "__main__":
    main()
