from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_moons

from umapkit.data import load
from umapkit.data.examples import blobs, moons, swiss_roll
from umapkit.data.examples._load import EXAMPLES


@pytest.mark.parametrize("name", ["moons", "blobs", "swiss_roll", "digits"])
def test_made_sets_are_complete_and_repeatable(name):
    one, two = load(name), load(name)
    assert one.name == name
    assert one.data.dtype == np.float32
    assert one.data.flags.c_contiguous
    assert np.isfinite(one.data).all()
    np.testing.assert_array_equal(one.data, two.data)
    np.testing.assert_array_equal(one.train, np.arange(len(one.data)))
    assert one.source
    assert one.description
    if one.target is not None:
        assert one.target.dtype == np.int64
        assert set(one.target) == set(range(len(one.target_names or ())))


def test_moons_take_the_papers_seeds_for_their_three_parts():
    example = moons(n=2000, n_valid=1000, n_test=1000, seed=1)
    assert [len(p) for p in (example.train, example.valid, example.test)] == [2000, 1000, 1000]
    for part, n, seed in (("train", 2000, 1), ("test", 1000, 2), ("valid", 1000, 3)):
        X, y = make_moons(n, noise=0.1, random_state=seed)
        np.testing.assert_array_equal(example.part(part).data, X.astype(np.float32))
        np.testing.assert_array_equal(example.part(part).target, y)


def test_options_of_made_sets_have_their_effect():
    assert blobs(n=30, n_columns=7, n_classes=3).data.shape == (30, 7)
    assert len(np.unique(blobs(n=30, n_classes=3).target)) == 3
    assert blobs(spread=5.0).data.std() > blobs(spread=0.1).data.std()
    assert not np.array_equal(blobs(seed=1).data, blobs(seed=2).data)
    roll = swiss_roll(n=50, noise=0.5, seed=3)
    assert roll.values is not None
    assert roll.values.shape == (50,)
    assert roll.data.shape == (50, 3)
    assert roll.target is None


def test_digits_are_scaled_images():
    digits = load("digits")
    np.testing.assert_array_equal(digits.data * 16, load_digits().data)
    assert digits.image_shape == (8, 8)


def test_parts_are_cut_out_and_empty_ones_refused():
    example = moons(n=6, n_valid=4, seed=0)
    part = example.part("valid")
    np.testing.assert_array_equal(part.data, example.data[6:])
    np.testing.assert_array_equal(part.valid, np.arange(4))
    assert len(part.train) == 0
    with pytest.raises(ValueError, match="no test part"):
        example.part("test")
    with pytest.raises(ValueError, match="Give 'train', 'valid' or 'test'"):
        example.part("all")  # pyright: ignore[reportArgumentType]


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no example set 'minst'.*mnist, fashion_mnist"):
        load("minst")
    assert len(EXAMPLES) == 14


def test_representation_is_short():
    assert len(repr(load("digits"))) < 200
