"""Every kernel against its floor, for each instruction set.

    python benchmarks/kernels.py [--rows 20000] [--isa avx512 baseline] [--only layout]

The floor is the longer of two times: the bytes a kernel must move, by the measured bandwidth of
the memory, and the operations it must do, by the measured speed of a BLAS matrix product
(_floors.py says how; _kernel_cases.py what is counted). A ratio of 1 would be perfect; small
inputs lie in caches and may beat the floor by bytes. The shortest of --repeat calls counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from _data import cores, machine
from _floors import bandwidth, best, operations
from _table import markdown


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=20_000)
    add("--isa", nargs="+", help="instruction sets (default: all that this machine runs)")
    add("--only", nargs="+", default=[], help="kernels whose name begins with one of these")
    add("--repeat", type=int, default=5)
    add("--jobs", type=int, default=cores(), help="threads (default: all cores)")
    add("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measure(asked)))
        return
    from umapkit import _kernels

    sets = asked.isa or list(reversed(_kernels.isas_available()))
    if set(sets) - set(_kernels.isas_available()):
        parser.error(f"--isa: this machine runs {', '.join(_kernels.isas_available())}")
    print(f"# {machine()}; {asked.jobs} threads")
    moved, done = bandwidth(asked.jobs), operations(asked.jobs)
    print(f"\nmemory {moved / 1e9:.1f} GB/s, matrix product {done / 1e9:.0f} GFLOP/s\n")
    found = {name: child(name) for name in sets}
    headers = ["kernel", "size", "MB", "Mflop", "floor, ms", "by"]
    for name in sets:
        headers += [f"{name}, ms", "ratio"]
    told = zip(*found.values(), strict=True)
    print(markdown(headers, [cells(kernel, moved, done) for kernel in told]))


def measure(asked: argparse.Namespace) -> list[dict]:
    """Time every case with this process's instruction set."""
    from _kernel_cases import Workbench

    told = []
    for name, make in Workbench(asked.rows, asked.jobs).cases():
        if asked.only and not name.startswith(tuple(asked.only)):
            continue
        try:
            case = make()
            seconds = best(case.run, asked.repeat, reset=case.reset) / case.divide
        except Exception as error:
            told.append({"name": name, "failed": f"failed: {type(error).__name__}: {error}"})
            continue
        told.append(
            {
                "name": name,
                "size": case.size,
                "seconds": seconds,
                "bytes": case.n_bytes,
                "operations": case.n_operations,
            }
        )
    return told


def child(isa: str) -> list[dict]:
    """Run this script once more under an instruction set."""
    done = subprocess.run(
        [sys.executable, __file__, *sys.argv[1:], "--child"],
        env={**os.environ, "UMAPKIT_ISA": isa},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def cells(told: tuple[dict, ...], moved: float, done: float) -> list[str]:
    """One row of the table: a kernel under every instruction set."""
    good = next((t for t in told if "seconds" in t), None)
    if good is None:
        return [told[0]["name"], told[0]["failed"]]
    by_bytes = good["bytes"] / moved
    by_work = 0.0 if good["operations"] is None else good["operations"] / done
    floor = max(by_bytes, by_work)
    work = "" if good["operations"] is None else f"{good['operations'] / 1e6:.1f}"
    row = [good["name"], good["size"], f"{good['bytes'] / 1e6:.1f}", work]
    row += [f"{floor * 1e3:.3f}", "operations" if by_work > by_bytes else "bytes"]
    for t in told:
        if "failed" in t:
            row += [t["failed"], ""]
        else:
            row += [f"{t['seconds'] * 1e3:.3f}", f"{t['seconds'] / floor:.1f}"]
    return row


if __name__ == "__main__":
    main()
