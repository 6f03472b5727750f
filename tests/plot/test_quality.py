from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from umapkit import plot
from umapkit._pictures import unlabelled_color
from umapkit.quality import report


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)


def test_both_maps_show_every_judged_row(rows):
    found = report(rows[:, :2], rows)
    figure = plot.quality(found)
    left, right = figure.axes[:2]
    for ax, values in ((left, found.trustworthiness), (right, found.preservation)):
        drawn = np.concatenate([c.get_offsets() for c in ax.collections])
        assert len(drawn) == 120
        # The worst two percent share a colour, so that they do not take the whole scale.
        assert f"below {np.quantile(values, 0.02):.2f}" in ax.get_xlabel()
    assert f"{found['trustworthiness (15)']:.4f}" in left.get_xlabel()
    file = io.BytesIO()
    figure.savefig(file)
    assert file.tell() > 10_000


def test_a_sampled_report_shows_its_interval_and_grey_points(rows):
    found = report(rows[:, :2], rows, sample_size=50)
    ax = plot.quality(found, background="black").axes[0]
    assert " to " in ax.get_xlabel()
    colors = np.concatenate([c.get_facecolors() for c in ax.collections])[:, :3]
    grey = np.abs(colors - to_rgb(unlabelled_color("black"))).max(axis=1) < 0.01
    assert (len(grey), grey.sum()) == (120, 70)


def test_maps_of_three_dimensions_are_refused(rows):
    with pytest.raises(ValueError, match="3 dimensions"):
        plot.quality(report(rows[:, :3], rows))
