"""Smooth coordinates of a connected graph, solved to convergence by LAPACK and ARPACK.

Their bits depend on the processor (BLAS chooses its code by it), not on threads. Nothing that is
used without ``solver="exact"`` lies here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from umapkit.init._draws import Purpose, uniform_box
from umapkit.init._operator import Operator

DENSE = 256  # vertices up to which a dense solver is used
_TOLERANCE = 1e-6  # residual relative to the eigenvalue, which is near 1


def dense_vectors(operator: Operator, count: int) -> NDArray[np.float32]:
    """Find the `count` leading nontrivial eigenvectors by LAPACK, for small graphs.

    Parameters
    ----------
    operator : Operator
        Normalised adjacency of a connected graph of n > `count` vertices.
    count : int
        Vectors wanted.

    Returns
    -------
    float32 array of shape (n, count)
        Orthonormal, eigenvalues decreasing.
    """
    n = operator.n
    matrix = np.zeros((n, n))
    rows = np.repeat(np.arange(n), np.diff(operator.indptr))
    matrix[rows, operator.indices] = operator.values
    # Moves the trivial eigenvalue from 1 to -1, the low end, whatever multiplicity 1 has.
    trivial = operator.roots / np.sqrt(np.sum(operator.roots**2))
    matrix -= 2.0 * np.outer(trivial, trivial)
    vectors = np.linalg.eigh(matrix)[1]
    return np.ascontiguousarray(vectors[:, ::-1][:, :count], dtype=np.float32)


def arpack_vectors(operator: Operator, count: int, seed: int) -> NDArray[np.float32]:
    """Find the `count` leading nontrivial eigenvectors by ARPACK, for graphs of any size.

    Same Krylov space as umap-learn's ``eigsh(..., which="SM")`` on the Laplacian, with a hashed
    start vector.

    Raises
    ------
    RuntimeError
        If ARPACK does not converge.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    n = operator.n
    matrix = csr_array(
        (operator.values.astype(np.float64), operator.indices, operator.indptr), shape=(n, n)
    )
    first = uniform_box(seed, Purpose.KRYLOV, np.arange(n), 1)[:, 0]
    wanted = count + 1
    try:
        values, vectors = eigsh(
            matrix,
            k=wanted,
            which="LA",
            ncv=min(n, max(2 * wanted + 1, int(np.sqrt(n)))),
            tol=_TOLERANCE,  # pyright: ignore[reportArgumentType] - its stub says int
            v0=first,
            maxiter=5 * n,
        )
    except ArpackNoConvergence as error:
        msg = (
            f"ARPACK did not converge on {n} vertices. Use solver='filter' (the default), whose "
            "work is bounded, or init='pca'."
        )
        raise RuntimeError(msg) from error
    order = np.argsort(values)[::-1]
    return np.ascontiguousarray(vectors[:, order[1:]], dtype=np.float32)
