"""How large the experiments are: the paper's sizes, or what two cores do in half an hour."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


def _said(text: str, default: Any, *, none: str = "all") -> Any:
    return field(default=default, metadata={"text": text, "none": none})


@dataclass(frozen=True)
class Budget:
    """Sizes of all experiments; the defaults are the paper's.

    Every field says in its metadata what it counts; ``None`` is the paper's own rule. A finished
    cell counts as finished for the budget that it was made with only.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from umapkit.reproduce import SMALL
    >>> replace(SMALL, name="mine", autoencoder_epochs=10).autoencoder_epochs
    10
    """

    name: str = _said("name", "paper")
    rows: int | None = _said("training rows of a set, at most", None)
    new_rows: int | None = _said("test rows of a set, at most", None)
    perplexity: float = _said("perplexity of t-SNE for Moons and Bison, at most", 500.0)
    networks: str = _said('networks: the paper\'s, or "mlp": three layers of 100 units', "paper")
    edge_steps: int | None = _said(
        "steps of P. UMAP and UMAP/AE", None, none="five epochs: 0.8 a row"
    )
    edge_batch: int = _said("edges of such a step", 1000)
    edge_rate: float = _said("its largest step size", 1e-3)
    edge_schedule: str = _said("schedule of the step size", "constant")
    direct_epochs: int = _said("epochs of umap-learn in the direct optimisation", 200)
    tsne_epochs: int = _said("passes of P. t-SNE over the rows", 1000)
    tsne_batch: int = _said("rows of a batch of P. t-SNE", 5000)
    autoencoder_epochs: int = _said("passes of the autoencoder", 50)
    vae_epochs: int = _said("passes of the variational autoencoder", 30)
    kmeans_seeds: int = _said("64-D maps: seeds of k-means for each number of clusters (NMI)", 5)
    kmeans_starts: int = _said("64-D maps: starts of k-means for a seed", 10)
    kmeans_sample: int = _said("64-D maps: points whose silhouettes choose a clustering", 10_000)
    inverse_rows: int = _said(
        "test places that UMAP brings back for the reconstruction error (the paper: 100)", 1000
    )
    repeats: int = _said("calls of which a time is the median", 10)
    few_data: tuple[str, ...] = _said("sets of Table 8", ("mnist", "fashion_mnist", "cifar10"))
    few_labels: tuple[str, ...] = _said(
        "labels a class in Table 8", ("4", "64", "256", "1024", "full")
    )
    few_rows: int | None = _said("rows to learn from in Table 8", None)
    few_new: int | None = _said("test rows in Table 8", None)
    few_width: float = _said("factor on the widths of its network", 1.0)
    few_components: int = _said("dimensions of its map", 1024)
    few_labelled: int = _said("labelled rows of a step", 128)
    few_batch: int = _said("edges of a step", 128)
    few_baseline_steps: int = _said("steps with labels alone", 20_000)
    few_steps: int = _said("steps with UMAP's loss beside", 20_000)
    few_graph_steps: int = _said("steps between two learned graphs", 4000)

    def as_dict(self) -> dict[str, Any]:
        """Return the sizes, as JSON can hold them."""
        return asdict(self)

    def kmeans(self, dimensions: int) -> tuple[int, int, int]:
        """Return seeds, starts and points judged of k-means: in a plane always the paper's.

        There they take ten seconds for 50,000 points; and with fewer, t-SNE's clusters, of which
        several numbers are nearly as good, are another clustering.
        """
        sizes = Budget() if dimensions <= 3 else self
        return sizes.kmeans_seeds, sizes.kmeans_starts, sizes.kmeans_sample

    def clustering(self, dimensions: int) -> str:
        """Say what of k-means is smaller than in the paper; empty if nothing is."""
        here = self.kmeans(dimensions)
        if here == Budget().kmeans(dimensions):
            return ""
        seeds, starts, judged = here
        return (
            f"k-means from {seeds} seeds with {starts} starts, judged by the silhouettes of "
            f"{judged:,} points"
        )

    def compared(self) -> list[tuple[str, str, str]]:
        """List what differs from the paper: what it is, the paper's size, this one."""
        paper, found = Budget(), []
        for one in fields(self):
            here, there = getattr(self, one.name), getattr(paper, one.name)
            if one.name != "name" and here != there:
                none = one.metadata["none"]
                found.append((one.metadata["text"], _text(there, none), _text(here, none)))
        return found


def _text(value: Any, none: str) -> str:
    if value is None:
        return none
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:g}"


PAPER = Budget()
# Half an hour on two cores. All rows are used, since UMAP, t-SNE and PCA take seconds; networks are
# smaller, and learn for a shorter time.
SMALL = Budget(
    name="small",
    perplexity=100.0,
    networks="mlp",
    edge_steps=1000,
    edge_batch=1024,
    edge_rate=1e-2,
    edge_schedule="warm",
    direct_epochs=60,
    tsne_epochs=20,
    tsne_batch=1000,
    autoencoder_epochs=10,
    vae_epochs=10,
    kmeans_seeds=3,
    kmeans_starts=1,
    kmeans_sample=500,
    repeats=3,
    few_data=("mnist",),
    few_labels=("4", "64"),
    few_rows=3000,
    few_new=2000,
    few_width=0.25,
    few_components=256,
    few_labelled=40,
    few_batch=24,
    few_baseline_steps=100,
    few_steps=200,
    few_graph_steps=50,
)
BUDGETS = {"small": SMALL, "paper": PAPER}
