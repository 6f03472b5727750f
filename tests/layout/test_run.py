from __future__ import annotations

import numpy as np
import pytest

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
