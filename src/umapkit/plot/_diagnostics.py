"""Numbers and colours that tell where a map can be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from umapkit._pictures import Background, as_map

from ._points import points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Diagnostic = Literal["neighborhood", "local_dim", "pca", "ica", "vq"]
KINDS: tuple[str, ...] = get_args(Diagnostic)
# What a picture is called.
_TITLES = {
    "neighborhood": "Neighbours kept (Jaccard)",
    "local_dim": "Local dimension",
    "pca": "Three principal components as colour",
    "ica": "Three independent components as colour",
    "vq": "Distances to three centres as colour",
}
# Floats of neighbourhoods that are held at a time.
_BLOCK = 4_000_000


def diagnostic(
    X: Any,
    map_or_model: Any,
    *,
    kind: Diagnostic = "neighborhood",
    n_neighbors: int = 15,
    variance: float = 0.8,
    metric: str | Callable[..., Any] | None = None,
    metric_kwds: Mapping[str, Any] | None = None,
    ax: Axes | None = None,
    cmap: str | Colormap | None = None,
    size: float | None = None,
    alpha: float | None = None,
    title: str | None = None,
    background: Background = "white",
    figsize: tuple[float, float] = (7.0, 6.0),
    n_jobs: int | None = None,
) -> Axes:
    """Colour a map by where it can be believed, and by how its parts lie in the data.

    Parameters
    ----------
    X : table of shape (n, d)
        The rows of the map.
    map_or_model : fitted model, or array-like of shape (n, 2)
        Positions, or an object with ``embedding_``.
    kind : {"neighborhood", "local_dim", "pca", "ica", "vq"}, default "neighborhood"
        What to see; the values are those of `diagnostic_values`. "neighborhood": dark points have
        other neighbours on the map than in the data. "local_dim": where the map squeezes most.
        "pca", "ica", "vq": where a colour jumps between points that touch, the map has brought
        together what is far apart in the data; the same colour in two places is one region cut in
        two.
    n_neighbors, variance, metric, metric_kwds, n_jobs
        As in `diagnostic_values`.
    ax : matplotlib Axes, optional
        Where to draw. By default a new figure of `figsize`, reached as ``ax.figure``.
    cmap : str or Colormap, optional
        For "neighborhood" and "local_dim".
    size, alpha : float, optional
        Of the points; see `points`.
    title : str, optional
        By default it says what is seen.
    background : "white" or "black", default "white"
        Colour of the axes; a new figure takes it too.
    figsize : (width, height), default (7, 6)
        Inches, of a new figure. Not used with `ax`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If an argument has no such value or the number of rows differs.
    TypeError
        If the model was not fitted.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(60, 2))
    >>> diagnostic(rows, rows, n_neighbors=5).get_title()
    'Neighbours kept (Jaccard)'
    """
    found = diagnostic_values(
        X, map_or_model, kind=kind, n_neighbors=n_neighbors, variance=variance, metric=metric,
        metric_kwds=metric_kwds, n_jobs=n_jobs,
    )  # fmt: skip
    if found.ndim == 2 and cmap is not None:
        msg = f"cmap={cmap!r} is for numbers; kind={kind!r} gives colours. Drop it."
        raise ValueError(msg)
    shown: dict[str, Any] = {"values": found, "cmap": cmap}
    if found.ndim == 2:
        shown = {"colors": found}
    return points(
        map_or_model,
        ax=ax,
        size=size,
        alpha=alpha,
        title=_TITLES[kind] if title is None else title,
        background=background,
        figsize=figsize,
        **shown,
    )


def diagnostic_values(
    X: Any,
    map_or_model: Any,
    *,
    kind: Diagnostic = "neighborhood",
    n_neighbors: int = 15,
    variance: float = 0.8,
    metric: str | Callable[..., Any] | None = None,
    metric_kwds: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
) -> NDArray[np.float64]:
    """Measure what `diagnostic` draws.

    Parameters
    ----------
    X : table of shape (n, d)
        The rows of the map.
    map_or_model : fitted model, or array-like of shape (n, 2)
        Positions, or an object with ``embedding_``.
    kind : {"neighborhood", "local_dim", "pca", "ica", "vq"}, default "neighborhood"
        "neighborhood": shared over united neighbours of a row in data and map, 0 to 1, NaN for
        rows without a place. "local_dim": number of principal components that hold `variance` of a
        row's neighbourhood. "pca", "ica": places of the rows on the first three principal or
        independent components. "vq": their distances to the three centres of k-means. These three
        are scaled to colours: the 1st to the 99th percentile of a column to 0 to 1.
    n_neighbors : int, default 15
        For "neighborhood" and "local_dim": neighbours of a row, itself not counted. Larger values
        look at coarser structure.
    variance : float in (0, 1], default 0.8
        For "local_dim": share of the variance that counts. Larger values give larger dimensions.
    metric : str or callable, optional
        For "neighborhood" and "local_dim": distance of rows; by default the model's, or
        "euclidean".
    metric_kwds : mapping, optional
        Its keywords; with a model's metric the model's.
    n_jobs : int or None, default None
        Threads of the searches; None for all cores.

    Returns
    -------
    ndarray of float64, shape (n,) or (n, 3)
        Numbers, or red, green and blue.

    Raises
    ------
    ValueError
        If an argument has no such value or the number of rows differs.
    """
    if kind not in KINDS:
        msg = f"kind={kind!r} is not known. Give one of {', '.join(KINDS)}."
        raise ValueError(msg)
    if not 0 < variance <= 1:
        msg = f"variance={variance!r} is no share. Give a number above 0 and at most 1."
        raise ValueError(msg)
    from umapkit.data import as_rows
    from umapkit.neighbors import find_neighbors

    coords = as_map(map_or_model, name="map_or_model")
    rows = as_rows(X)
    if len(rows) != len(coords):
        msg = f"X has {len(rows)} rows, but the map has {len(coords)}. Give the rows of the map."
        raise ValueError(msg)
    if kind not in ("neighborhood", "local_dim"):
        varied = rows[:, np.ptp(rows, axis=0) > 0]
        # Rows that are all alike have no directions.
        return _as_colors(_LINEAR[kind](varied) if varied.shape[1] else np.zeros((len(rows), 1)))
    if not 0 < n_neighbors < len(rows):
        msg = f"n_neighbors={n_neighbors!r} others cannot be had from {len(rows)} rows."
        raise ValueError(msg)
    chosen: Any = metric
    if metric is None:
        chosen = getattr(map_or_model, "metric", "euclidean")
        metric_kwds = getattr(map_or_model, "metric_kwds", None)
    near = find_neighbors(
        rows, n_neighbors=n_neighbors + 1, metric=chosen, metric_kwds=metric_kwds, random_state=0,
        n_jobs=n_jobs,
    ).indices[:, 1:]  # fmt: skip
    if kind == "local_dim":
        return _local_dimension(rows, near, variance)
    return _shared(near, coords, n_jobs)


def _shared(
    near: NDArray[np.int32], coords: NDArray[np.float64], n_jobs: int | None
) -> NDArray[np.float64]:
    """Jaccard index of the neighbours in the data and on the map."""
    from umapkit.neighbors import find_neighbors

    placed = np.flatnonzero(~np.isnan(coords).any(axis=1))
    k = min(near.shape[1], len(placed) - 1)
    found = np.full(len(coords), np.nan)
    if k < 1:
        return found
    on_map = find_neighbors(
        coords[placed].astype(np.float32), n_neighbors=k + 1, random_state=0, n_jobs=n_jobs
    ).indices[:, 1:]
    there = placed[on_map]
    here = near[placed]
    both = (here[:, :, None] == there[:, None, :]).any(axis=2) & (here >= 0)
    shared = both.sum(axis=1)
    found[placed] = shared / ((here >= 0).sum(axis=1) + k - shared)
    return found


def _local_dimension(
    rows: NDArray[np.float32], near: NDArray[np.int32], variance: float
) -> NDArray[np.float64]:
    """Principal components of each neighbourhood that hold a share of its variance.

    The k + 1 rows' Gram matrix has the eigenvalues of their covariance, and is small.
    """
    n, k = near.shape
    found = np.empty(n)
    step = max(1, _BLOCK // ((k + 1) * rows.shape[1]))
    for begin in range(0, n, step):
        some = near[begin : begin + step]
        own = np.arange(begin, begin + len(some), dtype=np.int32)[:, None]
        # A missing neighbour (-1) is the row itself once more: it adds no direction.
        group = np.concatenate([own, np.where(some < 0, own, some)], axis=1)
        cloud = rows[group].astype(np.float64)
        cloud -= cloud.mean(axis=1, keepdims=True)
        spread = np.linalg.eigvalsh(cloud @ cloud.transpose(0, 2, 1))[:, ::-1].clip(0)
        total = spread.sum(axis=1, keepdims=True)
        share = np.cumsum(spread, axis=1) / np.where(total > 0, total, 1)
        # Rounding may leave the last sum below 1.
        enough = share >= variance - 1e-9
        found[begin : begin + step] = np.where(total[:, 0] > 0, enough.argmax(axis=1) + 1, 0)
    return found


def _principal(rows: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    from sklearn.decomposition import PCA

    return PCA(min(3, *rows.shape), random_state=0).fit_transform(rows)


def _independent(rows: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    from sklearn.decomposition import PCA, FastICA

    # Of few directions: the whole space of wide rows is noise to it, and slow.
    few = PCA(min(30, *rows.shape), random_state=0).fit_transform(rows)
    width = few.std(axis=0)
    few = few[:, width > 1e-5 * width[0]]
    ica = FastICA(min(3, few.shape[1]), random_state=0, max_iter=1000, tol=1e-3)
    return np.asarray(ica.fit_transform(few))


def _to_centres(rows: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    from sklearn.cluster import KMeans

    return KMeans(min(3, len(rows)), n_init="auto", random_state=0).fit_transform(rows)


_LINEAR = {"pca": _principal, "ica": _independent, "vq": _to_centres}


def _as_colors(columns: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Columns from their 1st to their 99th percentile as colours; a missing column is 0.5."""
    low, high = np.quantile(columns, [0.01, 0.99], axis=0)
    width = np.where(high > low, high - low, 1.0)
    colors = np.full((len(columns), 3), 0.5)
    colors[:, : columns.shape[1]] = np.where(
        high > low, np.clip((columns - low) / width, 0.0, 1.0), 0.5
    )
    return colors
