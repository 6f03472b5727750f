"""The made set of the large runs: many small clusters on a curved surface of few dimensions.

X = tanh(Z W): Z are 12-dimensional latent rows in 200 Gaussian clusters, W (12 x d) has normal
entries over sqrt(12). tanh bends the linear image, so no linear map of few axes holds it.

The rows of (n, seed) are the first n rows of any larger set with that seed, to the bit: centres,
W, memberships and scatter come from four generators, each read row after row.
"""

from __future__ import annotations

import numpy as np

CLUSTERS = 200
LATENT = 12
# Standard deviations of the centres and of the scatter about them. 1 bends without pressing the
# rows into the corners of the cube. The graph of 15 neighbours of 50,000 rows falls into 154 parts
# (2,762 rows the largest), of 200,000 rows into 134 (56,837 the largest); with a scatter of 1/3 the
# first falls into some 30, with 1/5 into 193 small ones.
CENTRES = 1.0
SCATTER = 0.25
_BLOCK = 8192  # rows made at a time: all that is held beside the result


def tanh_rows(n: int, d: int = 50, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make float32 rows (n, d) and the cluster of each, int32 (n,).

    Takes 4 n (d + 1) bytes and a block. The product is summed latent axis after latent axis, so
    that no BLAS decides about the bits.
    """
    placing, mapping, choosing, scattering = np.random.default_rng(seed).spawn(4)
    centres = np.float32(CENTRES) * placing.standard_normal((CLUSTERS, LATENT), dtype=np.float32)
    weights = mapping.standard_normal((LATENT, d), dtype=np.float32) / np.float32(LATENT**0.5)
    rows = np.zeros((n, d), dtype=np.float32)
    labels = np.empty(n, dtype=np.int32)
    for begin in range(0, n, _BLOCK):
        block = rows[begin : begin + _BLOCK]
        chosen = choosing.integers(0, CLUSTERS, len(block), dtype=np.int64)
        latent = scattering.standard_normal((len(block), LATENT), dtype=np.float32)
        latent *= np.float32(SCATTER)
        latent += centres[chosen]
        for axis in range(LATENT):
            block += latent[:, axis, None] * weights[axis]
        np.tanh(block, out=block)
        labels[begin : begin + _BLOCK] = chosen
    return rows, labels
