from __future__ import annotations

import threading

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP  # noqa: E402


class Dropped(torch.nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            torch.nn.Linear(6, 40), torch.nn.Dropout(0.3), torch.nn.ReLU(), torch.nn.Linear(40, 2)
        )


def model(seed: int, **keywords) -> ParametricUMAP:
    torch.manual_seed(seed)
    return ParametricUMAP(
        Dropped(), n_steps=40, batch_size=128, random_state=seed, n_jobs=1, device="cpu", **keywords
    )


def test_fits_in_two_threads_are_as_alone_and_leave_torch_as_it_was(blobs):
    rows, _ = blobs
    alone = [model(seed).fit_transform(rows) for seed in (0, 1)]
    begun, ended = threading.Event(), threading.Event()
    found: dict[int, np.ndarray] = {}

    def inside(step, terms):
        """In the second fit: go on when the first has ended."""
        begun.set()
        ended.wait(20)

    other = model(1, observers=inside)
    thread = threading.Thread(target=lambda: found.update({1: other.fit_transform(rows)}))

    def start(step, terms):
        """In the first fit: begin the second, and give it time to disturb."""
        if step == 10:
            thread.start()
            begun.wait(1)

    first = model(0, observers=start)
    torch.manual_seed(5)
    before, count = torch.random.get_rng_state(), torch.get_num_threads()
    found[0] = first.fit_transform(rows)
    ended.set()
    thread.join(60)
    np.testing.assert_array_equal(found[0], alone[0])
    np.testing.assert_array_equal(found[1], alone[1])
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == count


def test_a_fork_in_the_middle_of_a_fit_can_train(blobs):
    """The child has none of the threads that may hold what a fit takes for itself."""
    import multiprocessing

    rows, _ = blobs
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    context = multiprocessing.get_context("fork")
    codes: list[int | None] = []

    def fork(step, terms):
        if step == 10:
            child = context.Process(target=_train_a_little)
            outside = threading.Thread(target=child.start)
            outside.start()
            outside.join()
            child.join(60)
            codes.append(child.exitcode)
            if child.is_alive():
                child.kill()

    model(0, observers=fork).fit(rows)
    assert codes == [0]


def _train_a_little() -> None:
    from umapkit.parametric import TrainOptions, train

    layer = torch.nn.Linear(2, 1)
    train(
        layer, lambda step: torch.ones(4, 2), lambda x: {"fit": layer(x).square().mean()},
        TrainOptions(n_steps=2),
    )  # fmt: skip
