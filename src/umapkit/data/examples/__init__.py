"""Example data sets with the papers' splits: `load` by name, or one function a set."""

from __future__ import annotations

from umapkit.data.examples._cells import pbmc, retina
from umapkit.data.examples._example import Example
from umapkit.data.examples._images import celeba, cifar10, fashion_mnist, mnist
from umapkit.data.examples._load import load
from umapkit.data.examples._made import blobs, digits, moons, swiss_roll
from umapkit.data.examples._shapes import bison, mammoth
from umapkit.data.examples._sounds import birdsong, vireo

__all__ = [
    "Example",
    "birdsong",
    "bison",
    "blobs",
    "celeba",
    "cifar10",
    "digits",
    "fashion_mnist",
    "load",
    "mammoth",
    "mnist",
    "moons",
    "pbmc",
    "retina",
    "swiss_roll",
    "vireo",
]
