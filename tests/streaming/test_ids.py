from __future__ import annotations

import numpy as np
import pytest

from umapkit.streaming._ids import Ids, read_ids


def held(ids) -> Ids:
    made = Ids()
    named = made.new(ids, len(ids))
    made.add(named, np.arange(len(named), dtype=np.int32))
    return made


def test_running_numbers_follow_the_largest_ever_given():
    ids = held([5, 100])
    assert ids.new(None, 2) == [101, 102]
    ids.remove([100])
    assert ids.new(None, 1) == [101]


def test_ids_may_be_any_64_bit_integers_or_strings():
    wide = [2**63 - 1, -(2**63), 0]
    assert held(wide).array().tolist() == wide
    assert held(np.array(wide)).array().dtype == np.int64
    words = held(["b", "ä", ""])
    assert words.array().tolist() == ["b", "ä", ""]
    assert held(np.array(["x", "yy"])).named() == ["x", "yy"]


def test_the_order_is_that_of_arrival():
    ids = held([9, 1, 5])
    ids.remove([1])
    ids.add([1], np.array([7], dtype=np.int32))
    assert ids.named() == [9, 5, 1]
    assert ids.slots().tolist() == [0, 2, 7]


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ([1, 1], ValueError, "given twice"),
        ([7], ValueError, "on the map already"),
        (["a"], TypeError, "of another kind"),
        ([1, "a"], TypeError, "partly"),
        ([1.5], TypeError, "float"),
        ([True], TypeError, "bool"),
        ([2**63], TypeError, "64 bits"),
        ([[1]], TypeError, "list"),
        ("abc", TypeError, "one thing"),
        (3, TypeError, "one thing"),
        ([1, 2], ValueError, "for 1 rows"),
    ],
)
def test_bad_ids_are_refused(given, error, says):
    ids = held([7])
    with pytest.raises(error, match=says):
        ids.new(given, 2 if given == [1, 1] or given == [1, "a"] else 1)
    assert ids.named() == [7]


def test_unknown_ids_are_named():
    with pytest.raises(KeyError, match="99"):
        held([7]).find([7, 99])
    with pytest.raises(ValueError, match="twice"):
        held([7]).find([7, 7])


def test_running_numbers_end_at_64_bits_and_do_not_mix_with_strings():
    with pytest.raises(ValueError, match="beyond 64 bits"):
        held([2**63 - 1]).new(None, 1)
    with pytest.raises(ValueError, match="strings as ids"):
        held(["a"]).new(None, 1)


def test_no_ids_are_no_ids():
    assert read_ids([]) == []
    assert held([3]).find([])[1].tolist() == []
