from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

torch = pytest.importorskip("torch")

from umapkit.parametric import ParametricUMAP  # noqa: E402


def slanted(images: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Shift every line of a picture to the right, the upper ones most."""
    out = np.empty_like(images)
    columns = np.arange(8)
    for i, (image, slope) in enumerate(zip(images, by, strict=True)):
        for line in range(8):
            out[i, line] = np.interp(columns - slope * (3.5 - line), columns, image[line])
    return out


def slant(rows: np.ndarray) -> np.ndarray:
    """Measure it: the regression of column on height, weighted by ink."""
    images = np.clip(rows.reshape(-1, 8, 8), 0, None)
    ink = images.sum(axis=(1, 2))
    high = 3.5 - np.arange(8)[None, :, None]
    wide = np.arange(8)[None, None, :]
    mean_high = (images * high).sum((1, 2)) / ink
    mean_wide = (images * wide).sum((1, 2)) / ink
    both = (images * high * wide).sum((1, 2)) / ink - mean_high * mean_wide
    return both / ((images * high**2).sum((1, 2)) / ink - mean_high**2)


def thickness(rows: np.ndarray) -> np.ndarray:
    """Measure ink."""
    return np.clip(rows, 0, None).sum(axis=1)


@pytest.fixture(scope="module")
def digits():
    """Digits with two attributes: slanted or not, thick or thin."""
    images = load_digits().images[:1500].astype(np.float32)
    rng = np.random.default_rng(0)
    leaning = rng.integers(0, 2, size=1500)
    heavy = rng.integers(0, 2, size=1500)
    images = slanted(images, np.where(leaning == 1, 0.45, -0.1))
    images = np.clip(images * np.where(heavy == 1, 1.4, 0.7)[:, None, None], 0, 16)
    return images.reshape(1500, -1), np.column_stack([leaning, heavy])


def test_attribute_vectors_raise_what_is_measured_in_held_out_images(digits):
    rows, attributes = digits
    fitted, new = rows[:1200], rows[1200:]
    model = ParametricUMAP(
        decoder="mlp", reconstruction="joint", reconstruction_weight=20.0, n_components=16,
        n_steps=800, n_jobs=1, random_state=0, device="cpu",
    ).fit(fitted)  # fmt: skip
    vectors = model.attribute_vectors(attributes[:1200])
    for vector, measure in zip(vectors, (slant, thickness), strict=True):
        found = np.stack(
            [measure(model.add_attribute(new, vector, t)) for t in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        )
        rising = (np.diff(found, axis=0) > 0).all(axis=0)
        assert rising.mean() >= 0.9, (measure.__name__, rising.mean())
