"""compat.scanpy.tsne, on AnnData where it is installed, and on an object that has its fields."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import umapkit
from umapkit.compat.scanpy import tsne
from umapkit.quality import trustworthiness

from .rows import random_rows


class Cells(SimpleNamespace):
    """What of AnnData is needed: X, obsm, uns, n_vars, copy."""

    @property
    def n_vars(self):
        return self.X.shape[1]

    def copy(self):
        return copy.deepcopy(self)


@pytest.fixture(params=["object", "AnnData"])
def cells(request):
    rows = np.concatenate([random_rows(80, 60), random_rows(80, 60, seed=1) + 3])
    if request.param == "object":
        made = Cells(X=rows, obsm={}, uns={})
    else:
        made = pytest.importorskip("anndata").AnnData(rows)
    made.obsm["X_pca"] = rows[:, :6] * np.float32(2)
    made.obsm["X_other"] = rows[:, 6:9].copy()
    return made


def expected(rows, **more):
    return umapkit.TSNE(10, early_exaggeration=12.0, random_state=0, **more).fit(rows).embedding_


def test_the_map_is_written_where_scanpy_writes_it(cells):
    assert tsne(cells, perplexity=10) is None
    np.testing.assert_array_equal(cells.obsm["X_tsne"], expected(cells.obsm["X_pca"]))
    assert cells.uns["tsne"]["params"] == {
        "perplexity": 10,
        "early_exaggeration": 12.0,
        "learning_rate": "auto",
        "metric": "euclidean",
    }
    assert trustworthiness(cells.obsm["X_pca"], cells.obsm["X_tsne"]) > 0.9


def test_the_rows_are_those_that_scanpy_takes(cells):
    for asked, rows in (
        ({"use_rep": "X_other"}, cells.obsm["X_other"]),
        ({"use_rep": "X"}, cells.X),
        ({"n_pcs": 0}, cells.X),
        ({"n_pcs": 3}, cells.obsm["X_pca"][:, :3]),
    ):
        tsne(cells, perplexity=10, **asked)
        np.testing.assert_array_equal(cells.obsm["X_tsne"], expected(rows))
    tsne(cells, 3, perplexity=10, use_rep="X_pca")
    np.testing.assert_array_equal(cells.obsm["X_tsne"], expected(cells.obsm["X_pca"][:, :3]))
    assert cells.uns["tsne"]["params"]["use_rep"] == "X_pca"


def test_copies_keys_and_seeds(cells):
    made = tsne(cells, perplexity=10, random_state=4, key_added="mine", copy=True, n_jobs=2)
    assert "mine" not in cells.obsm
    assert "X_tsne" not in made.obsm
    assert made.uns["mine"]["params"]["n_jobs"] == 2
    again = tsne(cells, perplexity=10, random_state=4, copy=True, n_jobs=1)
    np.testing.assert_array_equal(again.obsm["X_tsne"], made.obsm["mine"])
    other = tsne(cells, perplexity=10, copy=True)
    assert not np.array_equal(other.obsm["X_tsne"], again.obsm["X_tsne"])


def test_a_learning_rate_is_in_scanpys_unit(cells):
    tsne(cells, perplexity=10, learning_rate=5, metric="manhattan")
    ours = expected(cells.obsm["X_pca"], learning_rate=20.0, metric="manhattan")
    np.testing.assert_array_equal(cells.obsm["X_tsne"], ours)


def test_what_is_missing_is_named(cells):
    del cells.obsm["X_pca"]
    with pytest.raises(ValueError, match=r"obsm\['X_pca'\].*scanpy\.pp\.pca"):
        tsne(cells)
    with pytest.raises(ValueError, match="n_pcs=9 are needed"):
        tsne(cells, n_pcs=9, use_rep="X_other")
    with pytest.raises(ValueError, match="perplexity"):
        tsne(cells, use_rep="X", perplexity=0.0)


SCRIPT = r"""
import inspect, warnings
import anndata, numpy as np, scanpy as sc
import umapkit
from umapkit import data, quality
from umapkit.compat.scanpy import tsne
from umapkit.graph import joint_affinities
from umapkit.layout.tsne import TsneLayout, TsneOptions

warnings.simplefilter("ignore")
mine, theirs = (inspect.signature(f).parameters for f in (tsne, sc.tl.tsne))
assert set(theirs) - set(mine) == {"use_fast_tsne"}, set(theirs) - set(mine)
assert set(mine) <= set(theirs), set(mine) - set(theirs)
differs = {n for n in mine if mine[n].default != theirs[n].default}
assert differs == {"learning_rate"}, differs

pbmc = data.load("pbmc")
adata = anndata.AnnData(np.zeros((len(pbmc.data), 3), dtype=np.float32))
adata.obsm["X_pca"] = pbmc.data
joint = joint_affinities(umapkit.find_neighbors(pbmc.data, n_neighbors=91, method="exact"))
for seed in (0, 1):
    scores = {}
    for name, verb in (("scanpy", sc.tl.tsne), ("umapkit", tsne)):
        verb(adata, use_rep="X_pca", random_state=seed, n_jobs=1)
        places = adata.obsm["X_tsne"]
        scores[name] = (
            TsneLayout(joint, places, TsneOptions()).divergence("exact"),
            quality.trustworthiness(pbmc.data, places, n_neighbors=15),
            quality.knn_accuracy(places, pbmc.target, n_neighbors=5),
        )
    print(seed, scores)
    assert scores["umapkit"][0] <= scores["scanpy"][0] * 1.01, scores
    assert scores["umapkit"][1] > scores["scanpy"][1] - 0.003, scores
    assert scores["umapkit"][2] > scores["scanpy"][2] - 0.01, scores
    assert set(adata.uns["tsne"]["params"]) >= {"perplexity", "metric", "use_rep"}
sc.pl.tsne(adata, show=False)
print("agreed")
"""


@pytest.mark.data
def test_real_scanpy_agrees():
    """In a process of its own: scanpy's dependencies warn."""
    pytest.importorskip("scanpy", reason="scanpy is not installed")
    if not os.environ.get("UMAPKIT_DATA"):
        pytest.skip("UMAPKIT_DATA is not set: no blood cells")
    environment = os.environ | {"MPLBACKEND": "agg"}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True,
        timeout=580, check=False,
    )  # fmt: skip
    print(answer.stdout)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert answer.stdout.splitlines()[-1] == "agreed"
