"""Real BERTopic over umapkit, on a corpus made here; TF-IDF and SVD stand for a language model."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

import umapkit.compat.umap_learn as umap

SUBJECTS = {
    "sea": [
        "boat",
        "sail",
        "harbour",
        "wave",
        "storm",
        "anchor",
        "deck",
        "mast",
        "tide",
        "captain",
        "rope",
        "shore",
    ],
    "kitchen": [
        "bread",
        "oven",
        "flour",
        "butter",
        "sugar",
        "spoon",
        "bake",
        "dough",
        "salt",
        "pan",
        "recipe",
        "knead",
    ],
    "garden": [
        "seed",
        "soil",
        "rose",
        "water",
        "leaf",
        "spade",
        "root",
        "bloom",
        "prune",
        "hedge",
        "compost",
        "frost",
    ],
    "music": [
        "violin",
        "chord",
        "tempo",
        "melody",
        "drum",
        "rhythm",
        "concert",
        "choir",
        "tune",
        "scale",
        "bow",
        "note",
    ],
}


def corpus(each=40):
    """Short texts of words of one subject each, with a few words of all."""
    rng = np.random.default_rng(0)
    texts, kinds = [], []
    for kind, words in SUBJECTS.items():
        for _ in range(each):
            texts.append(" ".join([*rng.choice(words, size=9), *rng.choice(["day", "old"], 2)]))
            kinds.append(kind)
    return texts, np.array(kinds)


def embedded(texts):
    made = make_pipeline(TfidfVectorizer(), TruncatedSVD(12, random_state=0))
    return made.fit_transform(texts)


def test_what_bertopic_asks_of_a_model():
    """fit with labels or without, then transform of the same rows and of new ones."""
    texts, kinds = corpus()
    rows = embedded(texts)
    model = umap.UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False,
        random_state=0,
    )  # fmt: skip
    model.fit(rows, y=None)
    assert np.array_equal(model.transform(rows), model.embedding_)
    model.fit(rows, y=np.unique(kinds, return_inverse=True)[1])
    assert model.transform(rows[:3] + 0.01).shape == (3, 5)


SCRIPT = r"""
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
sys.path.insert(0, TESTS)
from test_bertopic import corpus, embedded
import umap as theirs
import umapkit
import umapkit.compat.umap_learn as ours

# BERTopic looks for umap-learn when it is loaded, and finds our names.
sys.modules["umap"], sys.modules["umap.umap_"] = ours, ours.umap_
from bertopic import BERTopic
from hdbscan import HDBSCAN, approximate_predict
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import adjusted_rand_score

texts, kinds = corpus()
rows = embedded(texts)
labels = np.unique(kinds, return_inverse=True)[1]
SEEDS = range(3)


def topics_of(model, y=None):
    # BERTopic's own settings, but for the words of a topic, which need a vectoriser.
    topics = BERTopic(
        umap_model=model,
        vectorizer_model=CountVectorizer(),
        calculate_probabilities=True,
        min_topic_size=10,
    )
    found, chance = topics.fit_transform(texts, embeddings=rows, y=y)
    return topics, np.array(found), chance


def agreement(kind, y):
    scores = []
    for seed in SEEDS:
        model = kind(n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
        topics, found, chance = topics_of(model, y)
        scores.append(adjusted_rand_score(kinds, found))
        assert chance.shape[0] == len(texts)
        assert set(topics.get_topics()) == set(found)
        # A new text near a known one: HDBSCAN must say of it what it says of the known one. (That
        # may be "none" where topics split at very different distances, by umap-learn's maps, too.)
        new, _ = topics.transform(texts[::8], embeddings=rows[::8] + 1e-3)
        known, _ = approximate_predict(topics.hdbscan_model, np.asarray(model.embedding_)[::8])
        if kind is not theirs.UMAP:
            assert list(new) == list(topics._map_predictions(known)), (kind, seed)
        repeat = topics_of(kind(**model.get_params()), y)[1]
        assert np.array_equal(found, repeat), (kind, seed)
    return float(np.mean(scores))


for y in (None, labels):
    scores = {
        "umap-learn": agreement(theirs.UMAP, y),
        "compat": agreement(ours.UMAP, y),
        "umapkit": agreement(umapkit.UMAP, y),
    }
    print("guided" if y is not None else "free", scores)
    assert min(scores.values()) == scores["umap-learn"], scores
    assert scores["umapkit"] > 0.95

# The model that BERTopic makes by itself, and its pictures, which make maps of their own.
default = BERTopic(vectorizer_model=CountVectorizer())
assert type(default.umap_model) is ours.UMAP
default.fit(texts, embeddings=rows)
assert default.umap_model.embedding_.shape == (len(texts), 5)
default.visualize_documents(texts, embeddings=rows)
default.visualize_topics()
print("agreed")
"""


def test_real_bertopic_finds_the_subjects():
    """In a process of its own: it imports torch."""
    pytest.importorskip("bertopic", reason="bertopic is not installed")
    code = SCRIPT.replace("TESTS", repr(os.path.dirname(__file__)))  # noqa: PTH120
    answer = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, timeout=580,
        check=False,
    )  # fmt: skip
    print(answer.stdout)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert answer.stdout.splitlines()[-1] == "agreed"
