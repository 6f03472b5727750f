"""Training in the principal axes of the rows."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from umapkit import ParametricUMAP, load  # noqa: E402


@pytest.fixture(scope="module")
def rows():
    """300 rows of 200 columns, nearly all variance in 10 axes; three clusters."""
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(300, 10)) + 6 * rng.normal(size=(3, 10))[np.arange(300) % 3]
    turned = latent @ np.linalg.qr(rng.normal(size=(200, 10)))[0].T
    return (turned + 0.01 * rng.normal(size=turned.shape)).astype(np.float32)


def model(**given):
    return ParametricUMAP(**{"n_steps": 40, "random_state": 0, "n_jobs": 1, **given})


def seen_axes(fitted):
    """Rank of the first layer's weights, as far as rounding lets see."""
    weights = fitted.networks_["encoder"][0].weight.detach().double().numpy()
    values = np.linalg.svd(weights, compute_uv=False)
    return int((values > 1e-5 * values[0]).sum())


def test_the_network_comes_out_in_the_shape_that_was_asked_for(rows):
    fitted = model().fit(rows)
    layer = fitted.networks_["encoder"][0]
    assert layer.weight.shape == (100, 200)
    assert layer.in_features == 200
    assert fitted._scaling.axes is None
    assert seen_axes(fitted) <= 10
    assert np.array_equal(fitted.transform(rows[:7]), fitted.embedding_[:7])


def test_folding_back_does_not_change_the_map(rows):
    seen = {}

    def look(step, _terms):
        seen[step] = fitted._encode(rows)

    fitted = model(observers=look)
    fitted.fit(rows)
    assert fitted.embedding_ == pytest.approx(seen[40], abs=1e-3)
    assert np.ptp(seen[40]) > 0.5


def test_more_variance_takes_more_axes(rows):
    few, many = (seen_axes(model(input_variance=share).fit(rows)) for share in (0.5, 0.999))
    assert few < many <= 12


@pytest.mark.parametrize(
    "given",
    [
        {"input_variance": None},
        {"decoder": "mlp"},
        {"correlation_weight": 0.1},
        {"metric": "canberra"},
        {"encoder": torch.nn.Linear(200, 2)},
    ],
)
def test_all_columns_are_used_where_axes_could_hide_something(rows, given):
    fitted = model(**given).fit(rows)
    encoder = fitted.networks_["encoder"]
    layer = next(one for one in encoder.modules() if isinstance(one, torch.nn.Linear))
    assert np.linalg.matrix_rank(layer.weight.detach().numpy()) == min(layer.weight.shape)


def test_labels_see_all_columns(rows):
    assert seen_axes(model().fit(rows, np.arange(300) % 3)) == 100


def test_narrow_or_spread_out_rows_stay_as_they_are(rows):
    assert seen_axes(model().fit(rows[:, :100])) == 100
    wide = np.random.default_rng(1).normal(size=(300, 200))
    assert seen_axes(model().fit(wide)) == 100


def test_rows_that_are_all_equal_have_no_axes():
    with pytest.warns(UserWarning, match="n_neighbors=40"):
        fitted = model(n_neighbors=40).fit(np.ones((30, 200), dtype=np.float32))
    assert np.isfinite(fitted.embedding_).all()


def test_training_goes_on_from_there(rows):
    fitted = model().fit(rows)
    state = fitted._optimizer.state[fitted.networks_["encoder"][0].weight]
    assert state["exp_avg"].shape == state["exp_avg_sq"].shape == (100, 200)
    assert (state["exp_avg_sq"] >= 0).all()
    before = fitted.loss_
    fitted.partial_fit(rows[:200] + np.float32(0.01))
    assert fitted.n_steps_ == 80
    assert fitted.history_["attraction"][-1] + fitted.history_["repulsion"][-1] < before + 0.1
    assert seen_axes(fitted) > 10  # new rows may show other axes: all columns are trained


def test_it_is_folded_back_after_an_interruption(rows, tmp_path):
    def stop(step, _terms):
        raise KeyboardInterrupt

    fitted = model(observers=stop)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(rows)
    assert fitted.networks_["encoder"][0].weight.shape == (100, 200)
    fitted.set_params(observers=None).save(tmp_path / "map")
    again = load(tmp_path / "map")
    assert np.array_equal(again.transform(rows), fitted.embedding_)


def test_the_same_seed_gives_the_same_bits(rows):
    one, two = (model().fit(rows).embedding_ for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("share", [0, -0.5, 1.5, float("nan")])
def test_a_share_lies_between_0_and_1(rows, share):
    with pytest.raises(ValueError, match="input_variance="):
        model(input_variance=share).fit(rows)


def test_a_share_is_a_number(rows):
    with pytest.raises(TypeError, match="input_variance="):
        model(input_variance="most").fit(rows)
