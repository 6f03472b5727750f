from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex, to_rgb  # noqa: E402 - after the check that it is there
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.image import imread  # noqa: E402

from umapkit.plot import points  # noqa: E402


def _map(n=60, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2))


def _pixels(ax):
    """RGB in 0..255 of the figure as it is saved, shape (height, width, 3)."""
    file = io.BytesIO()
    ax.figure.savefig(file, format="png", facecolor=ax.figure.get_facecolor())
    file.seek(0)
    return np.round(imread(file)[:, :, :3] * 255).astype(int)


def _color_at(ax, x, y):
    image = _pixels(ax)
    column, row = ax.transData.transform((x, y))
    return image[image.shape[0] - 1 - int(row), int(column)]


def _legend(ax):
    legend = ax.get_legend()
    return None if legend is None else [t.get_text() for t in legend.get_texts()]


class _Model:
    embedding_ = _map()


class _Unfitted:
    def fit(self, X):
        return self

    def get_params(self):
        return {}


def test_the_axes_come_back_with_every_point_and_equal_scales():
    coords = _map()
    ax = points(coords)
    (dots,) = ax.collections
    drawn = np.asarray(dots.get_offsets())
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(coords, axis=0))
    assert ax.get_aspect() == 1.0
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0


def test_a_fitted_model_is_drawn_like_its_embedding():
    one, other = points(_Model()), points(_Model.embedding_)
    assert np.array_equal(_pixels(one), _pixels(other))


def test_same_input_same_picture():
    labels = np.arange(60) % 4
    assert np.array_equal(
        _pixels(points(_map(), labels=labels)), _pixels(points(_map(), labels=labels))
    )


def test_each_point_has_the_color_its_legend_entry_shows():
    coords = [[0, 0], [1, 0], [0, 1], [1, 1]]
    ax = points(coords, labels=["b10", "b9", "b10", None], legend="outside", size=400, alpha=1.0)
    assert _legend(ax) == ["b9", "b10", "unlabelled"]
    colors = [to_rgb(h.get_color()) for h in ax.get_legend().legend_handles]
    for (x, y), entry in zip(coords, (1, 0, 1, 2), strict=True):
        assert np.abs(_color_at(ax, x, y) - np.array(colors[entry]) * 255).max() <= 1


def test_unlabelled_points_are_grey_and_lie_below_the_others():
    coords = np.zeros((200, 2))
    coords[-1] = [1, 1]
    labels = np.full(200, -1)
    labels[0] = 3
    ax = points(coords, labels=labels, size=300, alpha=1.0, legend=False)
    assert np.abs(_color_at(ax, 0, 0) - np.array(to_rgb("#0072b2")) * 255).max() <= 1


def test_draw_order_hides_no_class():
    labels = np.repeat([0, 1], 500)
    (dots,) = points(_map(1000), labels=labels).collections
    first_half = dots.get_facecolors()[:500, :3]
    share = np.mean(np.all(np.isclose(first_half, to_rgb("#0072b2")), axis=1))
    assert 0.4 < share < 0.6


def test_values_get_a_color_bar_and_missing_ones_are_grey():
    values = np.arange(60.0)
    values[7] = np.nan
    ax = points(_map(), values=values)
    assert len(ax.figure.axes) == 2
    low, high = ax.figure.axes[1].get_ylim()
    assert (low, high) == (0.0, 59.0)
    assert to_hex(ax.collections[0].get_facecolors()[0]) == "#c4c7cc"


def test_values_that_are_all_missing_or_all_equal_still_draw():
    assert len(points(_map(), values=np.full(60, np.nan)).figure.axes) == 1
    _pixels(points(_map(), values=np.full(60, 2.5)))


def test_more_than_thirty_categories_have_colors_but_no_legend_unless_asked():
    labels = np.arange(60) % 31
    ax = points(_map(), labels=labels)
    assert _legend(ax) is None
    assert len({to_hex(c) for c in ax.collections[0].get_facecolors()}) == 31
    assert len(_legend(points(_map(), labels=labels, legend=True))) == 31
    assert len(_legend(points(_map(), labels=np.arange(60) % 30))) == 30


def test_the_legend_goes_inside_only_where_it_hides_nothing():
    corner_free = np.column_stack([np.linspace(0, 1, 500), np.linspace(0, 1, 500)])
    ax = points(corner_free, labels=np.arange(500) % 3)
    box = ax.get_legend().get_window_extent()
    on_screen = ax.transData.transform(corner_free)
    hidden = (
        (on_screen[:, 0] > box.x0)
        & (on_screen[:, 0] < box.x1)
        & (on_screen[:, 1] > box.y0)
        & (on_screen[:, 1] < box.y1)
    )
    assert box.x1 <= ax.get_window_extent().x1
    assert not hidden.any()
    full = np.stack(np.meshgrid(np.linspace(0, 7, 60), np.linspace(0, 6, 60)), -1).reshape(-1, 2)
    ax = points(full, labels=np.arange(3600) % 3)
    _pixels(ax)
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1


def test_names_and_palettes_can_be_given_as_mappings_or_sequences():
    labels = np.arange(60) % 3
    ax = points(_map(), labels=labels, label_names=["zero", "one", "two"])
    assert _legend(ax) == ["zero", "one", "two"]
    ax = points(
        _map(), labels=labels, label_names={1: "one"}, palette={0: "red", 1: "lime", 2: "blue"}
    )
    assert _legend(ax) == ["0", "one", "2"]
    assert {to_hex(c) for c in ax.collections[0].get_facecolors()} == {
        "#ff0000",
        "#00ff00",
        "#0000ff",
    }


def test_names_on_the_map_lie_on_points_of_their_class():
    ring = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    coords = np.column_stack([np.cos(ring), np.sin(ring)])
    ax = points(coords, labels=["ring"] * 400, label_on_map=True)
    (text,) = ax.texts
    assert text.get_text() == "ring"
    # The mean of a ring lies in its hole.
    assert np.linalg.norm(coords - text.get_position(), axis=1).min() < 0.15
    assert _legend(ax) is None


def test_a_subset_keeps_colors_and_limits_of_the_whole():
    labels = np.arange(60) % 3
    whole, part = points(_map(), labels=labels), points(_map(), labels=labels, subset=labels == 2)
    assert _legend(part) == ["2"]
    assert {to_hex(c) for c in part.collections[0].get_facecolors()} == {"#009e73"}
    assert whole.get_xlim() == part.get_xlim()
    by_number = points(_map(), labels=labels, subset=np.flatnonzero(labels == 2))
    assert np.array_equal(_pixels(part), _pixels(by_number))


def test_black_background_is_black_and_readable():
    ax = points(_map(), labels=np.arange(60) % 3, background="black", title="night")
    image = _pixels(ax)
    assert (image[2, 2] == 0).all()
    assert min(to_rgb(ax.title.get_color())) > 0.8
    assert min(to_rgb(ax.get_legend().get_texts()[0].get_color())) > 0.8


def test_points_shrink_and_fade_as_they_become_more():
    few, many = (points(_map(n), density=False).collections[0] for n in (100, 50_000))
    assert few.get_sizes()[0] > 10 * many.get_sizes()[0]
    assert few.get_alpha() > many.get_alpha()
    assert many.get_rasterized()


def test_given_size_and_opacity_are_used():
    (dots,) = points(_map(), size=17.0, alpha=0.25).collections
    assert dots.get_sizes()[0] == 17.0
    assert dots.get_alpha() == 0.25


def test_large_or_crowded_maps_become_images_of_counts():
    assert len(points(_map(1000)).images) == 0
    assert len(points(_map(200_001)).images) == 1
    spread = np.random.default_rng(0).uniform(size=(30_000, 2))
    assert len(points(spread).images) == 0
    assert len(points(np.concatenate([spread[:10_000], 1e-3 * spread])).images) == 1
    assert len(points(_map(200_001), density=False).images) == 0


def test_density_blends_classes_by_their_counts_and_shows_lone_points():
    coords = np.array([[0.0, 0.0]] * 30 + [[4.0, 4.0]])
    labels = ["a"] * 20 + ["b"] * 10 + ["a"]
    ax = points(coords, labels=labels, density=True, palette=["#ff0000", "#0000ff"], legend=False)
    image = np.asarray(ax.images[0].get_array())
    filled = image[image[:, :, 3] > 0]
    assert filled.shape == (2, 4)
    crowd, alone = filled[np.argsort(-filled[:, 3])]
    assert crowd[3] == pytest.approx(1.0)
    assert crowd[0] == pytest.approx((2 / 3) ** (1 / 2.2))
    assert crowd[2] == pytest.approx((1 / 3) ** (1 / 2.2))
    assert alone[:3] == pytest.approx([1, 0, 0])
    assert 0.35 <= alone[3] < 1


@pytest.mark.parametrize("more", [{"density": True}, {"size": 9.0, "alpha": 1.0}], ids=str)
def test_density_puts_points_where_the_scatter_has_them(more):
    coords = np.array([[0.0, 0.0], [10.0, 3.0], [2.0, 9.0]])
    ax = points(coords, background="black", **more)
    ax.set(xlabel="", ylabel="")
    image = _pixels(ax)
    lit = np.argwhere(image.max(axis=2) > 40)
    where = ax.transData.transform(coords)
    places = np.column_stack([image.shape[0] - where[:, 1], where[:, 0]])
    gaps = np.linalg.norm(lit[:, None] - places[None], axis=2)
    assert (gaps.min(axis=0) < 3).all()
    assert (gaps.min(axis=1) < 6).all()


def test_a_given_axes_is_used_and_its_figure_left_alone():
    figure = Figure(facecolor="yellow")
    ax = figure.add_subplot(1, 2, 1)
    assert points(_map(), labels=np.arange(60) % 2, ax=ax) is ax
    assert to_hex(figure.get_facecolor()) == "#ffff00"
    assert len(figure.axes) == 1


def test_nothing_global_changes_and_pyplot_keeps_no_figure():
    import matplotlib.pyplot as plt

    before, maps, figures = dict(matplotlib.rcParams), list(matplotlib.colormaps), plt.get_fignums()
    points(_map(), values=np.arange(60.0), background="black")
    points(_map(), labels=np.arange(60) % 12, density=True)
    assert dict(matplotlib.rcParams) == before
    assert list(matplotlib.colormaps) == maps
    assert plt.get_fignums() == figures


def test_importing_the_room_does_not_import_matplotlib():
    code = (
        "import sys, umapkit.plot, umapkit.view;"
        "print(sorted({'matplotlib', 'pandas', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_rows_without_a_place_are_left_out_with_a_warning():
    coords = _map()
    coords[[4, 9]] = np.nan
    with pytest.warns(UserWarning, match=r"2 of 60 rows have no place .* first is row 4"):
        ax = points(coords, labels=np.arange(60) % 2)
    assert np.asarray(ax.collections[0].get_offsets()).shape[0] == 58


@pytest.mark.parametrize(
    "coords",
    [
        np.zeros((1, 2)),
        np.ones((40, 2)),
        np.array([[0.0, 0.0], [1e-300, 0.0]]),
        np.zeros((50, 2), "i4"),
    ],
    ids=["one point", "all equal", "tiny", "integers"],
)
@pytest.mark.parametrize("density", [True, False])
def test_degenerate_maps_draw(coords, density):
    _pixels(points(coords, labels=np.arange(len(coords)) % 2, density=density))


def test_lists_read_only_and_non_contiguous_arrays_are_taken():
    coords = _map(120)[::2]
    coords.setflags(write=False)
    reference = _pixels(points(np.array(coords)))
    assert np.array_equal(_pixels(points(coords)), reference)
    assert np.array_equal(_pixels(points(coords.tolist())), reference)
    assert np.array_equal(_pixels(points(np.asfortranarray(coords))), reference)


@pytest.mark.parametrize(
    ("error", "match", "coords", "more"),
    [
        (ValueError, r"shape \(60, 3\).*\[:, :2\]", np.zeros((60, 3)), {}),
        (ValueError, r"shape \(60,\)", np.zeros(60), {}),
        (ValueError, "no rows", np.zeros((0, 2)), {}),
        (
            ValueError,
            "infinite in 1 of 60 rows, first in row 3",
            np.where(np.arange(60)[:, None] == 3, np.inf, 0.0) * np.ones((1, 2)),
            {},
        ),
        (ValueError, "NaN in all", np.full((4, 2), np.nan), {}),
        (ValueError, "does not turn into numbers", [["a", "b"]], {}),
        (TypeError, "was not fitted", _Unfitted(), {}),
        (TypeError, "keeps its map elsewhere", _Unfitted(), {}),
        (
            ValueError,
            "labels and values were both",
            _map(),
            {"labels": [0] * 60, "values": [0] * 60},
        ),
        (ValueError, "labels has 59 entries, but the map has 60", _map(), {"labels": [0] * 59}),
        (ValueError, r"values has shape \(60, 1\)", _map(), {"values": np.zeros((60, 1))}),
        (ValueError, "use labels=", _map(), {"values": ["a"] * 60}),
        (ValueError, "infinite in row 0", _map(), {"values": [np.inf] * 60}),
        (ValueError, "palette was given without labels", _map(), {"palette": ["red"]}),
        (ValueError, "cmap was given without values", _map(), {"cmap": "viridis"}),
        (ValueError, "cmap='nope'", _map(), {"values": range(60), "cmap": "nope"}),
        (
            ValueError,
            "palette has 1 colours for 2",
            _map(),
            {"labels": np.arange(60) % 2, "palette": ["red"]},
        ),
        (
            ValueError,
            "palette has no colour for 1 of 2",
            _map(),
            {"labels": np.arange(60) % 2, "palette": {0: "red"}},
        ),
        (
            TypeError,
            "palette='viridis'",
            _map(),
            {"labels": np.arange(60) % 2, "palette": "viridis"},
        ),
        (
            ValueError,
            "label_names has 1 entries",
            _map(),
            {"labels": np.arange(60) % 2, "label_names": ["a"]},
        ),
        (TypeError, "label_names='ab'", _map(), {"labels": np.arange(60) % 2, "label_names": "ab"}),
        (ValueError, "background='grey'", _map(), {"background": "grey"}),
        (ValueError, "legend='left'", _map(), {"legend": "left"}),
        (ValueError, "density='yes'", _map(), {"density": "yes"}),
        (ValueError, "density=True draws cells", _map(), {"density": True, "size": 3.0}),
        (ValueError, "size=-1", _map(), {"size": -1}),
        (ValueError, "alpha=2", _map(), {"alpha": 2}),
        (ValueError, "subset names row 60", _map(), {"subset": [60]}),
        (ValueError, r"mask of shape \(3,\)", _map(), {"subset": [True] * 3}),
        (ValueError, "subset has dtype float64", _map(), {"subset": [0.5]}),
        (ValueError, "subset leaves none", _map(), {"subset": []}),
    ],
)
def test_errors_say_what_was_given(error, match, coords, more):
    with pytest.raises(error, match=match):
        points(coords, **more)
