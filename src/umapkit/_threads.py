"""How many threads a stage may use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def turns() -> Callable[[], threading.RLock]:
    """Return a function that gives a lock: the same in all threads, another in a forked child.

    A child has none of the threads that may have held the lock.
    """
    held = [threading.RLock()]

    def renew() -> None:
        held[0] = threading.RLock()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return lambda: held[0]


_BLAS = turns()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS and LAPACK to one thread, whose bits do not depend on how many there might be.

    The limit is the process's. Fits in several threads therefore take turns: otherwise the first
    to leave would lift the limit for the others, and the last would restore a limit of one.
    """
    from threadpoolctl import threadpool_limits

    with _BLAS(), threadpool_limits(1):
        yield


def resolve_n_jobs(n_jobs: int | None) -> int:
    """Turn scikit-learn's ``n_jobs`` into a number of threads.

    Results never depend on it.

    Parameters
    ----------
    n_jobs : int or None
        ``None`` or -1: all cores that this process may use (affinity and container limits
        respected; 1 inside a joblib worker). A positive number: that many threads. -2: all
        cores but one, and so on.

    Returns
    -------
    int
        Number of threads, at least 1.

    Raises
    ------
    ValueError
        If `n_jobs` is 0.
    TypeError
        If `n_jobs` is neither an integer nor ``None``.

    Examples
    --------
    >>> resolve_n_jobs(3)
    3
    """
    if n_jobs is None:
        n_jobs = -1
    if isinstance(n_jobs, bool) or not hasattr(n_jobs, "__index__"):
        msg = f"n_jobs={n_jobs!r} is not an integer. Give None for all cores, or a number."
        raise TypeError(msg)
    n_jobs = int(n_jobs)
    if n_jobs == 0:
        msg = "n_jobs=0 means no thread at all. Give None (all cores), -1 (all cores) or 1, 2, …"
        raise ValueError(msg)
    if n_jobs > 0:
        return n_jobs
    return max(1, available_cores() + 1 + n_jobs)


def available_cores() -> int:
    """Cores that this process may use, by affinity, container limit and joblib nesting."""
    import joblib

    cores = joblib.cpu_count()
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    backend = joblib.parallel.get_active_backend()[0]
    return 1 if getattr(backend, "nesting_level", None) else max(1, cores)
