from __future__ import annotations

import numpy as np
import pytest

from umapkit._pictures import distinct_colors, unlabelled_color
from umapkit._pictures._palette import rgb, seen_as


def _apart(colors):
    """Smallest OKLab distance between two of the colours, by each of three kinds of vision."""
    views = seen_as(np.array([rgb(c) for c in colors]))
    gaps = np.sqrt(((views[:, :, None] - views[:, None]) ** 2).sum(-1))
    gaps[:, np.arange(len(colors)), np.arange(len(colors))] = np.inf
    return gaps.min(axis=(1, 2))


@pytest.mark.parametrize("background", ["white", "black"])
def test_the_first_seven_are_okabe_and_ito(background):
    expected = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442"]
    assert distinct_colors(7, background) == expected


@pytest.mark.parametrize("background", ["white", "black"])
@pytest.mark.parametrize(
    ("n", "normal", "deficient"), [(8, 0.15, 0.07), (12, 0.15, 0.07), (30, 0.08, 0.04)]
)
def test_colors_stay_apart_with_and_without_full_color_vision(background, n, normal, deficient):
    gaps = _apart(distinct_colors(n, background))
    assert gaps[0] >= normal
    assert gaps[1:].min() >= deficient


@pytest.mark.parametrize("background", ["white", "black"])
def test_more_categories_do_not_change_the_first_colors(background):
    assert distinct_colors(40, background)[:12] == distinct_colors(12, background)


def test_colors_repeat_after_the_last_and_only_then():
    colors = distinct_colors(300)
    assert len(set(colors[:256])) == 256
    assert colors[256:] == colors[:44]


def test_no_color_is_the_background_or_the_grey():
    for background in ("white", "black"):
        paper = {"white": "#ffffff", "black": "#000000"}[background]
        colors = distinct_colors(100, background)
        assert paper not in colors
        assert unlabelled_color(background) not in colors


def test_none_needed_none_given():
    assert distinct_colors(0) == []
