from __future__ import annotations

import numpy as np
import pytest
from _floors import best
from _kernel_cases import Workbench, candidates
from kernels import cells


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench(600, 1)


NAMES = [name for name, _ in Workbench(600, 1).cases()]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_runs_and_has_a_floor(bench: Workbench, name: str):
    case = dict(bench.cases())[name]()
    assert case.name == name
    assert case.n_bytes > 0
    assert case.n_operations is None or case.n_operations > 0
    assert best(case.run, 2, reset=case.reset) > 0


def test_candidates_are_counted_as_the_kernel_chooses_them():
    old = np.uint32(1 << 31)
    nobody = np.uint32(0x7FFFFFFF)
    lists = np.array([[1, 2], [0, nobody], [1 | old, nobody]], dtype=np.uint32)
    new, seen = candidates(lists, 5)
    # New: 0 with 1 and 2, whichever way. Old: 1 with 2.
    assert new.tolist() == [2, 1, 1]
    assert seen.tolist() == [0, 1, 1]
    assert candidates(lists, 1)[0].tolist() == [1, 1, 1]


def test_the_floor_is_the_longer_of_the_two():
    told = {"name": "x", "size": "1", "seconds": 0.5, "bytes": 100.0, "operations": 400.0}
    assert cells((told,), moved=1e3, done=2e3)[4:] == ["200.000", "operations", "500.000", "2.5"]
    assert cells(({**told, "operations": None},), moved=1e3, done=2e3)[4:6] == ["100.000", "bytes"]
    failed = {"name": "x", "failed": "failed: no luck"}
    assert cells((told, failed), moved=1e3, done=2e3)[8:] == ["failed: no luck", ""]
    assert cells((failed,), moved=1e3, done=2e3) == ["x", "failed: no luck"]
