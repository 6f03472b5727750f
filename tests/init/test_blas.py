"""BLAS is limited to one thread where bits matter, also when fits run side by side."""

from __future__ import annotations

import threading

import threadpoolctl

from umapkit._threads import one_blas_thread


def blas_threads():
    return [p["num_threads"] for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]


def test_fits_side_by_side_keep_the_limit_and_restore_it():
    # Where there is one core only there is no other limit to see.
    before = blas_threads()
    seen, inside, leave = [], threading.Event(), threading.Event()

    def first():
        with one_blas_thread():
            inside.set()
            leave.wait(10)

    def second():
        with one_blas_thread():
            seen.extend(blas_threads())
            first_thread.join(10)
            seen.extend(blas_threads())

    first_thread = threading.Thread(target=first)
    second_thread = threading.Thread(target=second)
    first_thread.start()
    inside.wait(10)
    second_thread.start()
    second_thread.join(0.2)  # it would be inside by now, if it did not wait
    leave.set()
    second_thread.join(10)
    assert seen
    assert set(seen) == {1}
    assert blas_threads() == before


def test_the_limit_may_be_asked_for_twice_by_one_thread():
    with one_blas_thread(), one_blas_thread():
        assert set(blas_threads()) == {1}
