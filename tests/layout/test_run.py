from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from umapkit import _kernels
from umapkit.layout import (
    Callback,
    History,
    Layout,
    LayoutInterrupted,
    LayoutOptions,
    Progress,
    default_epochs,
    find_ab,
    run_layout,
)

A, B = find_ab()


def test_default_epochs_are_those_of_umap_learn():
    assert default_epochs(10_000) == 500
    assert default_epochs(10_001) == 200


def test_a_list_of_epochs_keeps_the_map_at_each_without_changing_it(small):
    graph, y = small
    kept: list[np.ndarray] = []
    final = run_layout(graph, y, a=A, b=B, n_epochs=[0, 10, 50, 10], random_state=0, snapshots=kept)
    assert len(kept) == 3
    assert np.array_equal(kept[0], y)
    assert np.array_equal(kept[2], final)
    assert np.array_equal(final, run_layout(graph, y, a=A, b=B, n_epochs=50, random_state=0))


@pytest.mark.parametrize("wrong", [-1, 2.5, [], [3, -1], "10", True])
def test_wrong_numbers_of_epochs_are_refused(small, wrong):
    graph, y = small
    with pytest.raises(ValueError, match="n_epochs"):
        run_layout(graph, y, a=A, b=B, n_epochs=wrong)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"negative_sample_rate": -1}, "negative_sample_rate"),
        ({"repulsion_strength": float("nan")}, "repulsion_strength"),
        ({"optimizer": "adam"}, "'sampled', 'schedule', 'bernoulli'"),
        ({"optimizer": "bernoulli", "negative_sample_rate": 2.5}, "whole number"),
        ({"a": 0.0}, "a=0.0"),
        ({"tol": 0.0}, "tol"),
    ],
)
def test_wrong_options_are_refused_by_name(small, arguments, text):
    graph, y = small
    with pytest.raises(ValueError, match=text):
        run_layout(graph, y, **{"a": A, "b": B, **arguments})


def test_starts_that_do_not_fit_are_refused(small):
    graph, y = small
    with pytest.raises(ValueError, match=r"\(40, n_components\)"):
        run_layout(graph, y[:-1], a=A, b=B)
    broken = y.copy()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        run_layout(graph, broken, a=A, b=B)


def test_the_start_is_not_changed(small):
    graph, y = small
    before = y.copy()
    run_layout(graph, y, a=A, b=B, n_epochs=5, random_state=0)
    assert np.array_equal(before, y)


def test_a_callback_sees_every_epoch_and_may_stop(small):
    graph, y = small
    seen = []

    def look(epoch, embedding):
        seen.append((epoch, embedding.shape))
        return epoch == 7

    options = LayoutOptions(a=A, b=B, n_epochs=200, seed=0)
    layout = Layout(graph, y, options)
    layout.run(observers=Callback(look))
    assert [epoch for epoch, _ in seen] == list(range(1, 8))
    assert layout.epoch == 7


def test_watching_does_not_change_the_map(small, capsys):
    graph, y = small
    alone = run_layout(graph, y, a=A, b=B, n_epochs=40, random_state=0)
    history = History(every=7)
    watched = run_layout(
        graph, y, a=A, b=B, n_epochs=40, random_state=0, observers=[Progress(), history]
    )
    assert np.array_equal(alone, watched)
    assert history.epochs == [0, 7, 14, 21, 28, 35, 40]
    assert history.losses[-1] < history.losses[0]
    shown = capsys.readouterr()
    assert "40/40" in shown.err
    assert shown.out == ""


def test_what_is_no_observer_is_refused(small):
    graph, y = small
    with pytest.raises(TypeError, match="Callback"):
        run_layout(graph, y, a=A, b=B, observers=print)


def test_a_tolerance_stops_a_settled_layout_early(small):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=5000, seed=0)
    loose = Layout(graph, y, options)
    loose.run(tol=0.05)
    tight = Layout(graph, y, options)
    tight.run(tol=1e-4)
    assert loose.epoch < tight.epoch <= 5000


def test_a_tolerance_waits_until_the_steps_of_the_kernel_no_longer_grow(small):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=400, seed=0)
    layout = Layout(graph, y, options)
    layout.run(tol=1e9)  # satisfied by any loss
    assert layout.epoch == 210  # looked at, at 200 and 210
    assert options.rise == _kernels.RISE * 400 == 200


def test_steps_beside_the_layouts_own_fade_and_are_about_half_of_it():
    options = LayoutOptions(a=A, b=B, n_epochs=100, learning_rate=0.5)
    sizes = np.array([options.side_step(epoch) for epoch in range(100)])
    t = np.arange(100) / 100
    own = 2 * 0.5 * (1 - t) * np.minimum(1, (t + 0.01) / _kernels.RISE)
    own *= np.minimum(1, (1 - t) / 0.4)
    early = t < 0.6
    assert (sizes / own)[early].min() > 0.4
    assert (sizes / own)[early].max() < 0.52
    serial = LayoutOptions(a=A, b=B, n_epochs=100, optimizer="schedule")
    assert serial.side_step(0) == 1.0
    assert serial.side_step(100) == options.side_step(100) == 0.0


def test_an_interrupt_keeps_the_last_layout_and_can_be_continued(small):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=60, seed=0)
    layout = Layout(graph, y, options)

    def stop(epoch, _):
        if epoch == 20:
            raise KeyboardInterrupt

    with pytest.raises(LayoutInterrupted) as caught:
        layout.run(observers=Callback(stop))
    assert caught.value.epoch == layout.epoch == 20
    assert np.array_equal(caught.value.embedding, layout.embedding)
    assert np.array_equal(layout.run(), Layout(graph, y, options).run())


@pytest.mark.parametrize("optimizer", ["sampled", "schedule"])
def test_a_checkpoint_resumes_to_the_same_bits(small, tmp_path, optimizer):
    graph, y = small
    path = tmp_path / "layout.safetensors"
    arguments = {"a": A, "b": B, "n_epochs": 120, "random_state": 0, "optimizer": optimizer}

    def kill(epoch, _):
        if epoch == 70:
            raise KeyboardInterrupt

    with pytest.raises(LayoutInterrupted):
        run_layout(graph, y, checkpoint=path, observers=Callback(kill), **arguments)
    began = []
    watch = Callback(lambda epoch, _: began.append(epoch))
    resumed = run_layout(graph, y, checkpoint=path, observers=watch, **arguments)
    assert began[0] == 71
    assert np.array_equal(resumed, run_layout(graph, y, **arguments))


def test_a_checkpoint_of_something_else_is_refused(small, tmp_path):
    graph, y = small
    path = tmp_path / "layout.safetensors"
    run_layout(graph, y, a=A, b=B, n_epochs=10, random_state=0, checkpoint=path)
    with pytest.raises(ValueError, match="another fit"):
        run_layout(graph, y, a=A, b=B, n_epochs=10, random_state=1, checkpoint=path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="cannot be read"):
        run_layout(graph, y, a=A, b=B, n_epochs=10, random_state=0, checkpoint=path)


def test_state_of_another_layout_is_refused(small):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=10, seed=0)
    layout = Layout(graph, y, options)
    with pytest.raises(ValueError, match="velocity"):
        layout.restore({"positions": y, "epoch": np.zeros(1, dtype=np.int64)})


def test_a_stop_ends_a_run_with_snapshots_and_observers_start_once(small):
    graph, y = small
    kept: list[np.ndarray] = []
    history = History()
    stop = Callback(lambda epoch, _: epoch >= 30, every=10)
    final = run_layout(
        graph,
        y,
        a=A,
        b=B,
        n_epochs=[20, 40, 100],
        random_state=0,
        snapshots=kept,
        observers=[stop, history],
    )
    assert history.epochs == [0, 10, 20, 30]
    assert len(kept) == 1
    options = LayoutOptions(a=A, b=B, n_epochs=100, seed=0)
    whole = Layout(graph, y, options)
    assert np.array_equal(kept[0], whole.run(20))
    assert np.array_equal(final, whole.run(30))


def test_snapshots_that_a_checkpoint_has_passed_are_left_out_aloud(small, tmp_path):
    graph, y = small
    path = tmp_path / "layout.safetensors"
    arguments = {"a": A, "b": B, "n_epochs": [20, 60, 100], "random_state": 0}

    def kill(epoch, _):
        if epoch == 50:
            raise KeyboardInterrupt

    with pytest.raises(LayoutInterrupted):
        run_layout(graph, y, checkpoint=path, observers=Callback(kill), **arguments)
    kept: list[np.ndarray] = []
    with pytest.warns(UserWarning, match=r"maps at epochs \[20\] are gone"):
        run_layout(graph, y, checkpoint=path, snapshots=kept, **arguments)
    whole: list[np.ndarray] = []
    run_layout(graph, y, snapshots=whole, **arguments)
    assert len(kept) == 2
    assert np.array_equal(kept, whole[1:])


def test_a_tolerance_stops_at_the_same_epoch_after_a_pause_and_with_snapshots(small, tmp_path):
    graph, y = small
    options = LayoutOptions(a=A, b=B, n_epochs=5000, seed=0)
    whole = Layout(graph, y, options)
    whole.run(tol=0.05)
    paused = Layout(graph, y, options)
    for until in (whole.epoch - 12, whole.epoch - 3, 5000, 5000):
        paused.run(until, tol=0.05)
    assert paused.epoch == whole.epoch
    path = tmp_path / "layout.safetensors"
    arguments = {"a": A, "b": B, "random_state": 0, "tol": 0.05, "checkpoint": path}
    for _ in range(2):  # from the start, then from the checkpoint of the settled layout
        assert np.array_equal(
            run_layout(graph, y, n_epochs=[1, 5000], snapshots=[], **arguments)
            if not path.exists()
            else run_layout(graph, y, n_epochs=5000, **arguments),
            whole.embedding,
        )


def test_numpy_numbers_are_options_like_others(small):
    graph, y = small
    plain = LayoutOptions(a=A, b=B, n_epochs=10, learning_rate=0.5, negative_sample_rate=5)
    numpy = LayoutOptions(
        a=A,
        b=B,
        n_epochs=10,
        learning_rate=np.float32(0.5),  # pyright: ignore[reportArgumentType] - works all the same
        negative_sample_rate=np.int64(5),  # pyright: ignore[reportArgumentType] - works all the same
    )
    assert Layout(graph, y, plain).fingerprint == Layout(graph, y, numpy).fingerprint


def test_graphs_that_cannot_be_laid_out_are_refused(small):
    graph, y = small
    nothing = csr_array((0, 0), dtype=np.float32)
    for optimizer in ("sampled", "schedule"):  # a graph of no vertices ended the process
        with pytest.raises(ValueError, match="no vertices"):
            run_layout(nothing, np.zeros((0, 2)), a=A, b=B, n_epochs=5, optimizer=optimizer)
    for wrong in (np.nan, -0.5):
        broken = graph.copy()
        broken.data[3] = wrong
        with pytest.raises(ValueError, match="negative or not finite"):
            run_layout(broken, y, a=A, b=B, n_epochs=5)
    with pytest.raises(ValueError, match="beyond float32"):
        run_layout(graph, 1e39 * y.astype(np.float64), a=A, b=B, n_epochs=5)


def test_a_map_that_is_not_finite_is_no_result(small):
    graph, y = small
    with pytest.raises(ValueError, match="not finite"):
        run_layout(graph, y, a=1e30, b=5.0, n_epochs=5, random_state=0)


def test_the_kernel_refuses_what_holds_no_vertex():
    none, numbers = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.float32)
    ids = np.zeros(0, dtype=np.int32)
    with pytest.raises(ValueError, match="must be vertices"):
        _kernels.observed_losses(
            none,
            ids,
            numbers,
            numbers,
            ids,
            ids,
            np.zeros((0, 2), dtype=np.float32),
            np.zeros(0),
            epoch=0,
            a=A,
            b=B,
            gamma=1.0,
            negative_rate=5.0,
            negative_runs=4,
            seed=0,
            n_threads=1,
        )
