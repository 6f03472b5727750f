from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umapkit._pictures import categories, natural_key


def test_names_sort_as_a_reader_expects():
    names = ["digit 10", "Zebra", "10", "digit 2", "-1", "2", "0.5", "ant"]
    expected = ["-1", "0.5", "2", "10", "ant", "digit 2", "digit 10", "Zebra"]
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(max_size=8), max_size=30))
def test_natural_order_compares_any_texts_and_does_not_depend_on_the_order_given(texts):
    once = [natural_key(t) for t in sorted(texts, key=natural_key)]
    texts.reverse()
    again = [natural_key(t) for t in sorted(texts, key=natural_key)]
    assert once == again


@given(st.lists(st.one_of(st.none(), st.integers(-3, 30), st.text(max_size=3)), max_size=40))
def test_codes_lead_back_to_the_labels(labels):
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    found = categories(array, minus_one_is_missing=True)
    assert len(set(found.names)) == len(found.names) == len(found.values)
    for label, code in zip(labels, found.codes, strict=True):
        if label is None or label == -1:
            assert code == -1
        else:
            assert found.names[code] == str(label)


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, -1, 3],
        [3.0, 1.0, np.nan, 3.0],
        [3.0, 1.0, -1.0, 3.0],
        np.array([3, 1, None, 3], dtype=object),
        np.array(["3", "1", None, "3"], dtype=object),
        np.array([3, 1, -1, 3], dtype=object),
    ],
    ids=str,
)
def test_every_sign_of_a_missing_label_counts(labels):
    found = categories(labels, minus_one_is_missing=True)
    assert found.codes.tolist() == [1, 0, -1, 1]
    assert found.names == ["1", "3"]


def test_minus_one_is_a_label_where_it_is_not_a_target():
    assert categories([-1, 4], minus_one_is_missing=False).names == ["-1", "4"]


def test_pandas_missing_values_and_dates_are_understood():
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(["b", pandas.NA, "a"], dtype="string")
    assert categories(series, minus_one_is_missing=True).codes.tolist() == [1, -1, 0]
    dates = pandas.Series(pandas.to_datetime(["2024-02-01", None, "2023-01-01"]))
    assert categories(dates, minus_one_is_missing=True).codes.tolist() == [1, -1, 0]


def test_booleans_are_two_categories():
    found = categories([True, False, True], minus_one_is_missing=True)
    assert found.names == ["False", "True"]
    assert found.codes.tolist() == [1, 0, 1]
