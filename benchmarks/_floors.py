"""What this machine can do at best: bytes from memory and float32 operations a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

_MEGABYTES = 128  # of each array and thread: beyond any cache
_SIDE = 1536  # of the matrices


def bandwidth(n_threads: int) -> float:
    """Bytes a second: ``c = a + b`` by numpy, an array triple a thread, the best of five.

    Two arrays read and one written are counted (what the processor reads of `c` before it writes
    is not, so the figure is a little low, and floors a little high).
    """
    size = _MEGABYTES * 2**20 // 4
    triples = [[np.ones(size, dtype=np.float32) for _ in range(3)] for _ in range(n_threads)]

    def stream() -> None:
        together([lambda t=t: np.add(t[0], t[1], out=t[2]) for t in triples])

    return n_threads * 3 * 4 * size / best(stream, 5)


def operations(n_threads: int) -> float:
    """Float32 operations a second: the matrix product of numpy's BLAS, the best of five.

    A multiply-add counts as two. BLAS takes the widest vectors of the machine and fused
    multiply-adds; our kernels do not fuse (docs/decisions), and take the vectors of UMAPKIT_ISA.
    """
    from threadpoolctl import threadpool_limits

    a = np.random.default_rng(0).normal(size=(_SIDE, _SIDE)).astype(np.float32)
    out = np.empty_like(a)
    with threadpool_limits(n_threads):
        return 2 * _SIDE**3 / best(lambda: np.matmul(a, a, out=out), 5)


def best(call: Callable[[], object], repeat: int, *, reset: Callable[[], object] | None = None):
    """Shortest of `repeat` calls, in seconds; `reset` before each is not counted."""
    taken = []
    for _ in range(repeat):
        if reset is not None:
            reset()
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)


def together(calls: list[Callable[[], object]]) -> None:
    """Run calls in a thread each (numpy lets go of the interpreter lock)."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
