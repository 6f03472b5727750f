"""Several layouts, epoch by epoch, whose related points are held together by springs.

An epoch of slice s is one of its own layout (attraction along its graph, repulsion from its own
points), then one step of the springs between slices. With c = h lambda g w for a pair i, j of
related points, h the size of the step (`LayoutOptions.side_step`), w the strength of `springs` and
g the mean of (2 + m) d of the two points (m negatives per edge, d the sum of a point's memberships:
how often umap-learn's schedule would visit it),

    y_i <- y_i + sum_j c_ij (y_j - y_i) / (1 + 2 sum_j c_ij)

all from the same places. It is one damped Jacobi iteration of the implicit step (I + C) y' = y, C
the Laplacian of c. The eigenvalues of C over 1 + 2 C_ii lie in [0, 1) (Gershgorin), those of the
step therefore in (0, 1]: springs never swing, however stiff, and a pair held by a large c meets in
its middle. Points of a frozen slice do not move; since they do not come half of the way, their c
counts twice. O(pairs) an epoch, serial and in a fixed order:
the bits do not depend on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from umapkit.layout import Layout


def align(
    layouts: Sequence[Layout | None],
    places: Sequence[NDArray[np.float32]],
    strengths: Mapping[tuple[int, int], csr_array],
    degrees: Sequence[NDArray[np.float64]],
    *,
    regularisation: float,
    after: Callable[[int], None],
) -> None:
    """Run all layouts to their end.

    Parameters
    ----------
    layouts : sequence of Layout or None
        One a slice, all of one length in epochs; None for a slice that is frozen.
    places : sequence of float32 arrays of shape (n_s, d)
        Of the frozen slices; others are read from their layouts.
    strengths : mapping of (s, t) to csr_array
        `umapkit.models._relations.springs`.
    degrees : sequence of float64 arrays of shape (n_s,)
        Visits of each point: (2 + m) d.
    regularisation : float
        lambda; larger values hold related points closer, 0 not at all.
    after : callable
        Called with the number of finished epochs.
    """
    moving = [s for s, layout in enumerate(layouts) if layout is not None]
    if not moving:
        return
    current = [p if lay is None else lay.embedding for lay, p in zip(layouts, places, strict=True)]
    frozen = [layout is None for layout in layouts]
    pulls = _pulls(strengths, degrees, regularisation, frozen)
    length = max(layout.options.n_epochs for layout in layouts if layout is not None)
    for epoch in range(length):
        for s in moving:
            layout = layouts[s]
            if layout is not None:
                layout.run(epoch + 1)
        moves = {}
        for s in moving:
            layout = layouts[s]
            if layout is not None and pulls[s]:
                moves[s] = _move(s, current, pulls[s], layout.options.side_step(epoch))
        for s, move in moves.items():
            current[s] += move
        after(epoch + 1)


def _pulls(
    strengths: Mapping[tuple[int, int], csr_array],
    degrees: Sequence[NDArray[np.float64]],
    regularisation: float,
    frozen: Sequence[bool],
) -> list[list[tuple[int, csr_array]]]:
    """For every slice, the others that pull at it and lambda g w of all pairs."""
    found: list[list[tuple[int, csr_array]]] = [[] for _ in degrees]
    if regularisation == 0:
        return found
    for (s, t), strength in strengths.items():
        mean = (diags_array(degrees[s]) @ strength + strength @ diags_array(degrees[t])) / 2.0
        pull = csr_array(mean * regularisation)
        if pull.nnz:
            found[s].append((t, pull * 2.0 if frozen[t] else pull))
            found[t].append((s, csr_array(pull.T) * 2.0 if frozen[s] else csr_array(pull.T)))
    return found


def _move(
    s: int,
    current: Sequence[NDArray[np.float32]],
    pulls: Sequence[tuple[int, csr_array]],
    step: float,
) -> NDArray[np.float32]:
    here = current[s].astype(np.float64)
    force, total = np.zeros_like(here), np.zeros(len(here))
    for t, pull in pulls:
        mass = np.asarray(pull.sum(axis=1)).reshape(-1)
        force += pull @ current[t].astype(np.float64) - mass[:, None] * here
        total += mass
    return (step * force / (1.0 + 2.0 * step * total)[:, None]).astype(np.float32)
