"""The list of cards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from umapkit.distances import (
    _bits,
    _differences,
    _directions,
    _domains,
    _formulas,
    _gradients,
    _histograms,
    _keywords,
    _series,
    _spaces,
    _transport,
)
from umapkit.distances._bits import FromCounts
from umapkit.distances._card import (
    CHEBYSHEV,
    DOT,
    HAMMING,
    MANHATTAN,
    SQUARE,
    Between,
    Metric,
)
from umapkit.distances._keywords import Keyword

_ORDER = Keyword("p", _keywords.order, _keywords.constant(2.0))
_FLAT_ORDER = Keyword("p", _keywords.order, _keywords.constant(1.0))


def _by_order(card: Metric) -> Metric:
    """Minkowski distances of order 1, 2 and infinity have kernels."""
    p = card.given["p"]
    if p == 1:
        return replace(card, kernel=MANHATTAN, descent=True)
    if p == 2:
        return replace(card, kernel=SQUARE, root=True, descent=True)
    if np.isinf(p):
        return replace(card, kernel=CHEBYSHEV)
    return replace(card, space=None)


# The kernels' own metrics.
_OWN = (
    Metric(
        "euclidean",
        ("l2",),
        _formulas.euclidean,
        SQUARE,
        root=True,
        descent=True,
        gradient=_gradients.euclidean,
    ),
    # |u - v|^2 / 2 = 1 - cos(u, v) for rows of length one.
    Metric(
        "cosine",
        ("direct_cosine",),
        _formulas.cosine,
        SQUARE,
        rows="direction",
        scale="half",
        descent=True,
        disconnection_distance=2.0,
        gradient=_gradients.cosine,
    ),
    Metric(
        "correlation",
        ("pearson",),
        _formulas.correlation,
        SQUARE,
        rows="centred direction",
        scale="half",
        descent=True,
        disconnection_distance=2.0,
        gradient=_gradients.correlation,
    ),
    Metric(
        "manhattan",
        ("l1", "taxicab", "cityblock"),
        _formulas.manhattan,
        MANHATTAN,
        descent=True,
        gradient=_gradients.manhattan,
    ),
    Metric(
        "chebyshev",
        ("linf", "linfty", "linfinity"),
        _formulas.chebyshev,
        CHEBYSHEV,
        gradient=_gradients.chebyshev,
    ),
    Metric("hamming", (), _formulas.hamming, HAMMING, scale="share"),
    Metric("inner_product", ("dot",), _formulas.inner_product, DOT),
)

# Metrics that are a kernel's, on other rows or after an ascending function.
_MOVED = (
    Metric(
        "sqeuclidean",
        (),
        Between(_differences.sqeuclidean),
        SQUARE,
        descent=True,
        gradient=_gradients.sqeuclidean,
    ),
    Metric(
        "seuclidean",
        ("standardised_euclidean", "standardized_euclidean"),
        Between(_differences.seuclidean),
        SQUARE,
        root=True,
        descent=True,
        gradient=_gradients.seuclidean,
        space=_spaces.standardised,
        keywords=(
            Keyword(
                "V",
                _keywords.variances,
                _keywords.learned_variances,
                aliases=("v", "sigma"),
                shape="columns",
            ),
        ),
    ),
    Metric(
        "mahalanobis",
        (),
        Between(_differences.mahalanobis),
        SQUARE,
        root=True,
        descent=True,
        gradient=_gradients.mahalanobis,
        space=_spaces.whitened,
        keywords=(
            Keyword(
                "VI",
                _keywords.form,
                _keywords.learned_form,
                aliases=("vi", "vinv"),
                shape="square",
            ),
            Keyword(
                "centre",
                _keywords.weights,
                _keywords.learned_centre,
                shape="columns",
                hidden=True,
            ),
            Keyword(
                "factor",
                _keywords.form,
                _keywords.learned_factor,
                shape="square",
                hidden=True,
            ),
        ),
    ),
    Metric(
        "minkowski",
        (),
        Between(_differences.minkowski),
        gradient=_gradients.minkowski,
        keywords=(_ORDER,),
        plan=_by_order,
    ),
    Metric(
        "wminkowski",
        ("weighted_minkowski",),
        Between(_differences.wminkowski),
        gradient=_gradients.wminkowski,
        space=_spaces.scaled_by_powers,
        keywords=(Keyword("w", _keywords.weights, shape="columns"), _ORDER),
        plan=_by_order,
    ),
    Metric(
        "true_angular",
        ("angular",),
        Between(_directions.true_angular),
        SQUARE,
        rows="direction",
        scale="half",
        descent=True,
        gradient=_gradients.true_angular,
        finish=_spaces.share_of_angle,
    ),
    Metric(
        "spearmanr",
        ("spearman",),
        Between(_directions.spearmanr),
        SQUARE,
        rows="centred direction",
        scale="half",
        descent=True,
        space=_spaces.ranked,
    ),
    Metric(
        "haversine",
        (),
        Between(_directions.haversine),
        SQUARE,
        root=True,
        descent=True,
        gradient=_gradients.haversine,
        space=_spaces.on_the_sphere,
        finish=_spaces.angle_of_chord,
        check=_domains.places,
    ),
    Metric(
        "hellinger",
        (),
        Between(_histograms.hellinger),
        SQUARE,
        root=True,
        descent=True,
        disconnection_distance=1.0,
        gradient=_gradients.hellinger,
        space=_spaces.root_shares,
        finish=_spaces.at_most_one,
        check=_domains.non_negative,
    ),
    Metric(
        "softmax_hellinger",
        (),
        Between(_histograms.softmax_hellinger),
        SQUARE,
        root=True,
        descent=True,
        gradient=_gradients.softmax_hellinger,
        space=_spaces.softmax_root_shares,
    ),
    Metric(
        "wasserstein_1d",
        ("wasserstein-1d", "kantorovich_1d", "kantorovich-1d"),
        Between(_histograms.wasserstein_1d),
        space=_spaces.cumulated,
        check=_domains.filled,
        keywords=(_FLAT_ORDER,),
        plan=_by_order,
    ),
    Metric(
        "matching",
        (),
        FromCounts(_bits.matching),
        SQUARE,
        scale="share",
        descent=True,
        space=_spaces.truths,
    ),
    Metric(
        "rogerstanimoto",
        (),
        FromCounts(_bits.rogerstanimoto),
        SQUARE,
        scale="share",
        descent=True,
        space=_spaces.truths,
        finish=_spaces.twice_over_one_plus,
    ),
    Metric(
        "sokalmichener",
        (),
        FromCounts(_bits.rogerstanimoto),
        SQUARE,
        scale="share",
        descent=True,
        space=_spaces.truths,
        finish=_spaces.twice_over_one_plus,
    ),
    Metric(
        "bit_hamming",
        (),
        FromCounts(_bits.bit_hamming, packed=True),
        SQUARE,
        descent=True,
        space=_spaces.unpacked,
        check=_domains.whole_bytes,
    ),
)

# Metrics that are measured by their formula.
_PLAIN = (
    Metric("canberra", (), Between(_differences.canberra), gradient=_gradients.canberra),
    Metric("braycurtis", (), Between(_differences.braycurtis), gradient=_gradients.braycurtis),
    Metric(
        "poincare",
        (),
        Between(_directions.poincare),
        gradient=_gradients.poincare,
        check=_domains.inside_ball,
    ),
    Metric("tsss", (), Between(_directions.tsss), check=_domains.acute),
    Metric(
        "symmetric_kl",
        ("symmetric-kl", "symmetric_kullback_liebler"),
        Between(_histograms.symmetric_kl),
        gradient=_gradients.symmetric_kl,
        check=_domains.non_negative,
        keywords=(Keyword("z", _keywords.positive, _keywords.constant(1e-11)),),
    ),
    Metric(
        "jensen_shannon",
        ("jensen-shannon",),
        Between(_histograms.jensen_shannon),
        check=_domains.non_negative,
    ),
    Metric("ll_dirichlet", (), Between(_histograms.ll_dirichlet), check=_domains.filled),
    Metric("jaccard", (), FromCounts(_bits.jaccard), disconnection_distance=1.0),
    Metric(
        "bit_jaccard",
        (),
        FromCounts(_bits.jaccard, packed=True),
        disconnection_distance=1.0,
        check=_domains.whole_bytes,
    ),
    Metric("dice", (), FromCounts(_bits.dice), disconnection_distance=1.0),
    Metric("kulsinski", (), FromCounts(_bits.kulsinski)),
    Metric("russellrao", (), FromCounts(_bits.russellrao)),
    Metric("sokalsneath", (), FromCounts(_bits.sokalsneath)),
    Metric("yule", (), FromCounts(_bits.yule)),
    Metric(
        "nan_euclidean",
        (),
        Between(_differences.nan_euclidean),
        check=_domains.some_value,
        missing=True,
    ),
    Metric(
        "dtw",
        (),
        _series.dtw,
        keywords=(
            Keyword("shape", _keywords.table_shape, shape="table"),
            Keyword("axis", _keywords.axis, _keywords.constant(0)),
            Keyword("cost", _keywords.warping_cost, _keywords.constant("accumulated")),
        ),
    ),
    Metric(
        "gower",
        (),
        Between(_differences.gower),
        check=_domains.some_value,
        missing=True,
        keywords=(
            Keyword(
                "categorical",
                _keywords.columns,
                _keywords.no_columns,
                shape="columns",
            ),
            Keyword("ranges", _keywords.ranges, _keywords.learned_ranges, shape="columns"),
            Keyword("w", _keywords.weights, _keywords.all_ones, shape="columns"),
        ),
    ),
)

_COST = Keyword("cost", _transport.cost_table, shape="square")


def _checked_kernel(card: Metric) -> Metric:
    _transport.entropic_kernel(card.given)
    return card


# Histograms whose bins are not in a line.
_TRANSPORT = (
    Metric(
        "kantorovich",
        ("wasserstein",),
        _transport.kantorovich,
        check=_domains.filled,
        keywords=(_COST,),
    ),
    Metric(
        "sinkhorn",
        (),
        _transport.sinkhorn,
        check=_domains.filled,
        keywords=(_COST, Keyword("regularization", _keywords.positive, _keywords.constant(1.0))),
        plan=_checked_kernel,
    ),
    Metric(
        "circular_kantorovich",
        ("circular_wasserstein",),
        Between(_transport.circular_kantorovich),
        check=_domains.filled,
        keywords=(Keyword("p", _transport.circular_order, _keywords.constant(1.0)),),
    ),
)

CARDS = (*_OWN, *_MOVED, *_PLAIN, *_TRANSPORT)
