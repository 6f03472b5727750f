"""MNIST, Fashion-MNIST, CIFAR-10, CelebA: images, flattened, in [0, 1]."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from umapkit.data.examples._example import Example
from umapkit.data.examples._idx import read_idx_set
from umapkit.data.examples._sources import (
    check_digest,
    from_openml,
    local_file,
    raise_missing,
    read_arrays,
)

FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
CIFAR = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
# SHA-256 of the 70,000 labels and of the 70,000 images as bytes, training part first.
_MNIST = (
    "671ff9d70b4811116d55c3dd479efa7a981e2e62753ef7a6d5c15fea81e63d27",
    "5b92582eb909c82a9bfefcd44acbe9233be3eb5b419a44cf211022ad2bf4bf96",
)
_FASHION_MNIST = (
    "8ab940a680640f36c0bf1d2549cb2f3b3d4068c12547116cc7b1161b1d26663d",
    "0fbbfcb392782b3b702472ead3688778e1509e8cf40f5c24d9d3303618b193ab",
)
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def _scaled(images: NDArray[Any]) -> NDArray[np.float32]:
    """Flatten bytes to float32 in [0, 1]."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows /= np.float32(255)
    return rows


def _greys(
    name: str,
    openml: str,
    digests: tuple[str, str],
    names: tuple[str, ...],
    description: str,
    licence: str,
) -> Example:
    """MNIST or a set of its form: 60,000 + 10,000 images of 28 by 28."""
    wanted = [f"{name}.npz"]
    path = local_file(wanted)
    idx = read_idx_set(name) if path is None else None
    if path is not None:
        arrays = read_arrays(path, _ARRAYS)
        images = np.concatenate([arrays["x_train"], arrays["x_test"]])
        labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
        source = f"{path} ({licence})"
    elif idx is not None:
        images, labels, folder = idx
        source = f"the IDX files in {folder} ({licence})"
    else:
        images, text = from_openml(openml, 1)
        labels = text.astype(np.uint8)
        check_digest(digests[0], labels, what=f"OpenML's set {openml!r} (its labels)")
        check_digest(digests[1], images, what=f"OpenML's set {openml!r}")
        source = f"OpenML, set {openml!r}, version 1 ({licence})"
    if len(images) != 70_000:
        msg = f"{source} holds {len(images)} images, expected 60,000 + 10,000."
        raise ValueError(msg)
    return Example(
        name=name,
        data=_scaled(images),
        target=labels.astype(np.int64),
        target_names=names,
        train=np.arange(50_000),
        valid=np.arange(50_000, 60_000),
        test=np.arange(60_000, 70_000),
        image_shape=(28, 28),
        description=description,
        source=source,
    )


def mnist() -> Example:
    """Handwritten digits of 28 by 28 pixels (LeCun, Cortes, Burges).

    Returns
    -------
    Example
        Rows of shape (70000, 784) in [0, 1]. Split as in the Parametric UMAP paper: the last
        10,000 of the official 60,000 training rows validate.

    Raises
    ------
    ConnectionError
        If ``UMAPKIT_DATA`` has neither ``mnist.npz`` nor a folder ``mnist`` with the four IDX
        files, and OpenML cannot be reached.
    """
    digits = tuple(str(i) for i in range(10))
    text = "Handwritten digits, 28 by 28 grey pixels."
    return _greys("mnist", "mnist_784", _MNIST, digits, text, "CC BY-SA 3.0")


def fashion_mnist() -> Example:
    """Articles of clothing of 28 by 28 pixels (Xiao, Rasul, Vollgraf 2017).

    Returns
    -------
    Example
        Rows of shape (70000, 784) in [0, 1], split as `mnist`.

    Raises
    ------
    ConnectionError
        If ``UMAPKIT_DATA`` has neither ``fashion_mnist.npz`` nor a folder ``fashion_mnist`` with
        the four IDX files, and OpenML cannot be reached.
    """
    text = "Articles of clothing, 28 by 28 grey pixels."
    return _greys("fashion_mnist", "Fashion-MNIST", _FASHION_MNIST, FASHION, text, "MIT")


def cifar10() -> Example:
    """Photographs of 32 by 32 pixels in ten classes (Krizhevsky 2009).

    Returns
    -------
    Example
        Rows of shape (60000, 3072) in [0, 1], pixel by pixel with its three channels. Split as in
        the Parametric UMAP paper: 40,000 / 10,000 / 10,000, the last 10,000 of the official
        training rows validate. Where only ``cifar10_20k.npz`` is at hand, its 20,000 rows are
        split by the same rule through their original row numbers; `source` says so.

    Raises
    ------
    ConnectionError
        If ``UMAPKIT_DATA`` has neither file and OpenML cannot be reached.
    """
    path = local_file(["cifar10.npz", "cifar10_20k.npz"])
    if path is not None:
        arrays = read_arrays(path, _ARRAYS)
        n_train, n_test = len(arrays["x_train"]), len(arrays["x_test"])
        images = np.concatenate([arrays["x_train"], arrays["x_test"]])
        labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
        order = arrays.get("train_idx", np.arange(n_train))
        subset = "" if n_train + n_test == 60_000 else f", a subset of {n_train} + {n_test} rows"
        source = f"{path}{subset}"
    else:
        flat, text = from_openml("CIFAR_10", 1)
        labels = text.astype(np.uint8)
        n_train, n_test, order = 50_000, 10_000, np.arange(50_000)
        counts = np.bincount(labels[:n_train], minlength=10)
        if len(labels) != 60_000 or not (counts == 5000).all():
            msg = (
                "OpenML's set 'CIFAR_10' does not hold 50,000 training rows (5,000 a class) "
                "followed by 10,000 test rows, so the papers' split cannot be made. Put "
                "cifar10.npz (x_train, y_train, x_test, y_test) into the folder of UMAPKIT_DATA."
            )
            raise ValueError(msg)
        # OpenML keeps the original layout: all of red, all of green, all of blue.
        images = flat.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        source = "OpenML, set 'CIFAR_10', version 1"
    rows = np.arange(n_train)
    return Example(
        name="cifar10",
        data=_scaled(images),
        target=labels.astype(np.int64),
        target_names=CIFAR,
        train=rows[order < 40_000],
        valid=rows[order >= 40_000],
        test=np.arange(n_train, n_train + n_test),
        image_shape=(32, 32, 3),
        description="Photographs in ten classes, 32 by 32 pixels in colour.",
        source=source,
    )


def celeba(path: str | os.PathLike[str] | None = None) -> Example:
    """Faces without their background (CelebAMask-HQ; Lee, Liu, Wu, Luo 2020).

    Parameters
    ----------
    path : path or None, default=None
        An ``.npz`` file with ``x`` (n, height, width, 3) uint8, the images with the background
        set to 0 by the supplied masks (the paper: 30,000 of 128 by 128). ``None``:
        ``celeba.npz`` in the folder of ``UMAPKIT_DATA``. It is never fetched: its terms ask each
        user to agree.

    Returns
    -------
    Example
        Rows in [0, 1]; the last 1,000 test and the 1,000 before them validate (28,000 / 1,000 /
        1,000 of 30,000). There is no target.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file does not hold such images.
    """
    found = local_file(["celeba.npz"]) if path is None else Path(path)
    if found is None or not found.is_file():
        how = (
            "Ask for CelebAMask-HQ at https://github.com/switchablenorms/CelebAMask-HQ, scale the "
            "images to 128 by 128, set the background to 0 with the masks, and save them with "
            "numpy.savez_compressed(file, x=images)."
        )
        raise_missing("celeba", [str(path or "celeba.npz")], how)
    images = read_arrays(found, ["x"])["x"]
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or len(images) <= 2000:
        msg = (
            f"{found}: x has shape {images.shape} and dtype {images.dtype}; expected uint8 of "
            "shape (more than 2000, height, width, 3)."
        )
        raise ValueError(msg)
    n = len(images)
    return Example(
        name="celeba",
        data=_scaled(images),
        train=np.arange(n - 2000),
        valid=np.arange(n - 2000, n - 1000),
        test=np.arange(n - 1000, n),
        image_shape=images.shape[1:],
        description="Faces with the background masked out.",
        source=f"{found} (supplied by the user)",
    )
