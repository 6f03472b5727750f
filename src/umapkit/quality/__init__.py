"""How good a map is: neighbourhoods kept, classes told apart, and the costs that it pays.

Every score looks at all rows (or at all pairs) by blocks, in memory that grows with the rows,
gives the same bits for any number of threads, and can judge a hashed sample of the rows only.
"""

from __future__ import annotations

from umapkit.quality._accuracy import knn_accuracy
from umapkit.quality._clusters import ClusterAgreement, kmeans_nmi
from umapkit.quality._coranking import CoRanking, coranking
from umapkit.quality._costs import (
    attraction_cost,
    effective_loss_of,
    effective_target,
    fuzzy_cross_entropy,
    fuzzy_cross_entropy_without_constants,
    nominal_loss_of,
    ordered_pair_sum,
    repulsion_cost,
    similarity,
    unordered_pair_sum,
)
from umapkit.quality._density import (
    correlation_gradient,
    density_correlation,
    density_regression,
    local_radii,
    map_radii,
    radius_slopes,
)
from umapkit.quality._effective import EffectiveLoss, effective_loss
from umapkit.quality._epoch import epoch_cost, epoch_gradient
from umapkit.quality._global import (
    CentroidOrder,
    DistanceCorrelation,
    centroid_order,
    distance_correlation,
    random_triplet_accuracy,
)
from umapkit.quality._gradients import (
    attraction_gradient,
    expected_gradient,
    nominal_gradient,
    repulsion_gradient,
)
from umapkit.quality._largevis import largevis_cost, sampled_edge_cost
from umapkit.quality._minibatch import minibatch_loss
from umapkit.quality._outside import OutOfSample, out_of_sample_agreement
from umapkit.quality._preservation import (
    neighborhood_preservation,
    preservation_curve,
    row_preservation,
)
from umapkit.quality._recall import neighbor_recall
from umapkit.quality._record import Report
from umapkit.quality._report import report
from umapkit.quality._score import Score
from umapkit.quality._silhouette import silhouette
from umapkit.quality._stability import (
    Stability,
    bootstrap_stability,
    neighbor_overlap,
    procrustes_distance,
    stability,
)
from umapkit.quality._trustworthiness import (
    continuity,
    row_continuity,
    row_trustworthiness,
    trustworthiness,
)

__all__ = [
    "CentroidOrder",
    "ClusterAgreement",
    "CoRanking",
    "DistanceCorrelation",
    "EffectiveLoss",
    "OutOfSample",
    "Report",
    "Score",
    "Stability",
    "attraction_cost",
    "attraction_gradient",
    "bootstrap_stability",
    "centroid_order",
    "continuity",
    "coranking",
    "correlation_gradient",
    "density_correlation",
    "density_regression",
    "distance_correlation",
    "effective_loss",
    "effective_loss_of",
    "effective_target",
    "epoch_cost",
    "epoch_gradient",
    "expected_gradient",
    "fuzzy_cross_entropy",
    "fuzzy_cross_entropy_without_constants",
    "kmeans_nmi",
    "knn_accuracy",
    "largevis_cost",
    "local_radii",
    "map_radii",
    "minibatch_loss",
    "neighbor_overlap",
    "neighbor_recall",
    "neighborhood_preservation",
    "nominal_gradient",
    "nominal_loss_of",
    "ordered_pair_sum",
    "out_of_sample_agreement",
    "preservation_curve",
    "procrustes_distance",
    "radius_slopes",
    "random_triplet_accuracy",
    "report",
    "repulsion_cost",
    "repulsion_gradient",
    "row_continuity",
    "row_preservation",
    "row_trustworthiness",
    "sampled_edge_cost",
    "silhouette",
    "similarity",
    "stability",
    "trustworthiness",
    "unordered_pair_sum",
]
