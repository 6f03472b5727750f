"""An example set by its name."""

from __future__ import annotations

from collections.abc import Callable

from umapkit.data.examples._cells import pbmc, retina
from umapkit.data.examples._example import Example, Split
from umapkit.data.examples._images import celeba, cifar10, fashion_mnist, mnist
from umapkit.data.examples._made import blobs, digits, moons, swiss_roll
from umapkit.data.examples._shapes import bison, mammoth
from umapkit.data.examples._sounds import birdsong, vireo

EXAMPLES: dict[str, Callable[[], Example]] = {
    "moons": moons,
    "blobs": blobs,
    "swiss_roll": swiss_roll,
    "digits": digits,
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "mammoth": mammoth,
    "bison": bison,
    "birdsong": birdsong,
    "pbmc": pbmc,
    "retina": retina,
    "vireo": vireo,
    "celeba": celeba,
}


def load(name: str, *, split: Split | None = None) -> Example:
    """Load an example data set.

    Files of the folder that the environment variable ``UMAPKIT_DATA`` names come first, then the
    public original where there is one; `Example.source` says which was used. The functions of
    the same names in `umapkit.data.examples` take further options.

    Parameters
    ----------
    name : str
        One of moons, blobs, swiss_roll, digits, mnist, fashion_mnist, cifar10, mammoth, bison,
        birdsong, pbmc, retina, vireo, celeba.
    split : {"train", "valid", "test"} or None, default=None
        Only this part; ``None`` gives all rows, with the parts' row numbers.

    Returns
    -------
    Example
        The set.

    Raises
    ------
    ValueError
        If there is no such set or part.
    FileNotFoundError
        If the set needs a file that is not there; the message says which one.
    ConnectionError
        If the public original cannot be fetched.

    Examples
    --------
    >>> load("digits").data.shape
    (1797, 64)
    """
    if name not in EXAMPLES:
        msg = f"There is no example set {name!r}. There are: {', '.join(EXAMPLES)}."
        raise ValueError(msg)
    example = EXAMPLES[name]()
    return example if split is None else example.part(split)
