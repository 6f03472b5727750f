"""How much memory a fit will take, known before it begins."""

from __future__ import annotations

from umapkit.layout import resolve_output_metric

_EXACT_UP_TO = 4096  # rows that are searched where they lie
_VERTEX = 16  # lanes of a padded row of edges


def fit_memory(
    n: int,
    d: int,
    n_neighbors: int = 15,
    n_components: int = 2,
    *,
    n_equal: int = 0,
    output_metric: str = "euclidean",
) -> int:
    """Estimate the peak of a fit from the sizes of the arrays of its stages.

    At most about twice what is really taken: how far wide rows can be compressed, and how many
    neighbours are mutual, is not known in advance. Only where the search has to be repeated with
    more effort (wide noise, say) a fit takes up to a half more. The rows as float32 are part of
    it; the interpreter with its libraries (about 200 MB) and a table of another type that is
    converted are not.

    Parameters
    ----------
    n : int
        Rows.
    d : int
        Columns.
    n_neighbors : int, default 15
        Neighbours of a row.
    n_components : int, default 2
        Dimensions of the map.
    n_equal : int, default 0
        Rows that are equal to an earlier one. If there are any, the others are copied.

    output_metric : str, default "euclidean"
        What the map lies on (`umapkit.UMAP`).

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ValueError
        If `output_metric` is not known or has other dimensions than `n_components`.

    Examples
    --------
    >>> fit_memory(1_000_000, 50) < 2 * 2**30
    True
    """
    k, dim = n_neighbors, n_components
    rows = 4 * d
    if n_equal:
        rows += 4 * d
    finder = 48  # hash, first equal, and a hash table at most a quarter full
    table = 8 * k  # neighbours and distances
    listed = -(-max(k + k // 2, k + 16) // 16) * 16
    searched = trees = descent = 0
    if n > _EXACT_UP_TO:
        # Rows in the order of the first tree, as wide as they are if they do not compress.
        searched = 4 * d + 4 * listed
        # Twelve trees: the members, and one direction for every leaf of 64 rows or more.
        trees = 12 * (4 + 4 * min(d, 256) // 64)
        # While they are made: parts of the trees twice, keys of the lists, candidates of a round.
        descent = trees + 4 * listed + 2 * 20 * 8
    index = searched + trees + table
    edges = 2 * (k - 1)  # of a row, where no neighbour is mutual
    graph = 8 * edges + 8
    # The directed lists as a table, their edges dealt out to buckets, the union.
    union = table + 12 * k + 32 + graph
    padded = 8 * (edges + _VERTEX) + 12
    places = 4 * 10 * dim
    surface = resolve_output_metric(output_metric, n_components=dim)
    if surface.place_bytes:
        places = 4 * 2 * dim + surface.place_bytes + 16
    stages = (
        index + descent,
        index + table + union,
        index + graph + max(padded, 6 * edges) + 8 * 8 * (dim + 8) // 2 + places,
    )
    return n * (rows + finder + max(stages))
