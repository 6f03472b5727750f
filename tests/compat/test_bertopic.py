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
from bertopic import BERTopic
from hdbscan import HDBSCAN
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import adjusted_rand_score
import umapkit
import umapkit.compat.umap_learn as umap

texts, kinds = corpus()
rows = embedded(texts)
models = {
    "compat": umap.UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0),
    "umapkit": umapkit.UMAP(n_components=5, min_dist=0.0, metric="cosine", random_state=0),
}
for name, model in models.items():
    topics = BERTopic(
        umap_model=model,
        hdbscan_model=HDBSCAN(min_cluster_size=30, prediction_data=True),
        vectorizer_model=CountVectorizer(),
        calculate_probabilities=True,
    )
    found, chance = topics.fit_transform(texts, embeddings=rows)
    print(name, len(set(found) - {-1}), round(adjusted_rand_score(kinds, found), 3))
    assert len(set(found) - {-1}) == 4
    assert adjusted_rand_score(kinds, found) > 0.9
    new, _ = topics.transform(texts[:40:8], embeddings=rows[:40:8] + 1e-3)
    assert len(set(new)) == 1
    assert topics.get_topic_info().shape[0] >= 4
    labels = np.unique(kinds, return_inverse=True)[1]
    guided, _ = BERTopic(
        umap_model=model,
        hdbscan_model=HDBSCAN(min_cluster_size=30),
        vectorizer_model=CountVectorizer(),
    ).fit_transform(
        texts, embeddings=rows, y=labels
    )
    assert len(guided) == len(texts)
    assert len(set(guided) - {-1}) >= 2
    if name == "compat":
        sys.modules["umap"], sys.modules["umap.umap_"] = umap, umap.umap_
        flat = model.embedding_[:, :2]
        topics.visualize_documents(texts, embeddings=rows, reduced_embeddings=flat)
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
