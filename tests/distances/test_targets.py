from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umapkit.distances import (
    TARGET_METRICS,
    categorical,
    count,
    hierarchical_categorical,
    label_keywords,
    ordinal,
    resolve_metric,
    string,
)


def levenshtein(x, y):
    """Wagner and Fischer, as in the textbooks."""
    row = list(range(len(y) + 1))
    for i, a in enumerate(x):
        before, row = row, [i + 1]
        for j, b in enumerate(y):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b)))
    return row[-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc", max_size=7), min_size=1, max_size=6))
def test_strings_are_compared_by_levenshtein(texts):
    expected = [[min(levenshtein(x, y), 4.0) / 2 for y in texts] for x in texts]
    np.testing.assert_array_equal(string(texts, texts, normalisation=2, max_dist=4), expected)


def test_text_beyond_ascii_and_empty_text():
    assert string(["naïve", "😀"], ["naive", ""]).tolist() == [[1, 5], [5, 1]]


def test_counts_by_hand():
    rate = 2.5
    terms = [rate - k * math.log(rate) + math.lgamma(k + 1) for k in range(30)]
    found = count([0, 3, 12], [3, 29], poisson_lambda=rate, normalisation=2)
    expected = [[abs(sum(terms[min(x, y) : max(x, y)])) / 2 for y in (3, 29)] for x in (0, 3, 12)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_other_labels_by_hand():
    assert categorical([1, 2], [2]).tolist() == [[1], [0]]
    assert ordinal([1, 5], [2], support_size=2).tolist() == [[0.5], [1.5]]
    levels = [{1: 1, 2: 2, 3: 3}, {1: "a", 2: "a", 3: "b"}]
    far = hierarchical_categorical([1, 3], [1, 2, 3], cat_hierarchy=levels)
    assert far.tolist() == [[0, 0.5, 1], [1, 1, 0]]


def test_keywords_follow_from_the_labels():
    assert label_keywords("ordinal", [2, 10]) == {"support_size": 4.0}
    keywords = label_keywords("count", [0, 4, 5])
    assert keywords["poisson_lambda"] == 3
    assert count([0], [5], **keywords)[0, 0] == pytest.approx(2)
    assert label_keywords("string", ["ab", "abcdef"]) == {"normalisation": 2.0, "max_dist": 2.0}
    assert label_keywords("categorical", [1, 2]) == {}
    for name, labels in (("ordinal", [3, 3]), ("count", [0, 0]), ("string", ["", ""])):
        far = TARGET_METRICS[name](labels, labels, **label_keywords(name, labels))
        np.testing.assert_array_equal(far, 0)


def test_bad_labels_are_refused():
    with pytest.raises(ValueError, match="is no count"):
        count([1.5], [2])
    with pytest.raises(ValueError, match="is no count"):
        count([-1], [2])
    with pytest.raises(ValueError, match="support_size=0"):
        ordinal([1], [2], support_size=0)
    with pytest.raises(ValueError, match="level 0 has no group for the label 9"):
        hierarchical_categorical([9], [1], cat_hierarchy=[{1: 1}])
    with pytest.raises(ValueError, match="cat_hierarchy is empty"):
        hierarchical_categorical([9], [1], cat_hierarchy=[])
    with pytest.raises(ValueError, match="it is for target_metric"):
        resolve_metric("ordinal")
