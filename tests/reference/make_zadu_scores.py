"""Write zadu_scores.json: scores of one map by zadu 0.5.4.

Run it with an interpreter that has zadu.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from zadu.measures import (
    internal_validation_measure,
    local_continuity_meta_criteria,
    pearson_r,
    spearman_rho,
    trustworthiness_continuity,
)


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows in four clouds, a crooked map of them, and their labels, in float32."""
    rng = np.random.default_rng(7)
    labels = np.arange(240) % 4
    rows = rng.normal(size=(240, 9)) + 2 * rng.normal(size=(4, 9))[labels]
    embedding = rows[:, :2] + 0.3 * rng.normal(size=(240, 2)) + np.sin(rows[:, 2:4])
    return rows.astype(np.float32), embedding.astype(np.float32), labels


rows, embedding, labels = (np.asarray(part, dtype=float) for part in example())
scores: dict[str, float] = {}
for k in (5, 20, 60):
    found = trustworthiness_continuity.measure(rows, embedding, k=k)
    scores[f"trustworthiness {k}"] = float(found["trustworthiness"])
    scores[f"continuity {k}"] = float(found["continuity"])
    found = local_continuity_meta_criteria.measure(rows, embedding, k=k)
    scores[f"lcmc {k}"] = float(found["lcmc"])
scores["pearson"] = float(pearson_r.measure(rows, embedding)["pearson_r"])
scores["spearman"] = float(spearman_rho.measure(rows, embedding)["spearman_rho"])
silhouette = internal_validation_measure.measure(embedding, labels, measure="silhouette")
scores["silhouette"] = float(silhouette["silhouette"])
Path(__file__).with_name("zadu_scores.json").write_text(json.dumps(scores, indent=2) + "\n")
