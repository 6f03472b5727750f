"""Order relations that hold in all published rows: what another run should show, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from umapkit.reproduce._published import by_cell

Lacks = tuple[
    list[float], list[float]
]  # by how much each number of either side fails; 0, below: not
Rule = Callable[[list[float], list[float]], Lacks]
# data, method, dimensions, labels, metric -> the number, None where there is none
Look = Callable[[str, str, int, str, str], float | None]
_OTHERS = {2: ("tsne", "ae", "vae", "pca"), 64: ("ae", "vae", "pca")}
_FAMILY = ("umap", "parametric_umap", "umap_ae")
_MAPS = ("tsne", "parametric_tsne", *_FAMILY, "ae", "vae", "pca")
_CLEAR = ("vireo", "fashion_mnist", "mnist")


@dataclass(frozen=True)
class Entry:
    """A number of a relation, and the cell that it stands in."""

    method: str
    dimensions: int
    labels: str
    metric: str
    value: float | None


@dataclass(frozen=True)
class Outcome:
    """A relation on one set.

    Attributes
    ----------
    text : str
        The relation.
    data : str
        The set.
    where : str
        Dimensions or labels.
    holds : bool or None
        None where a number is missing.
    numbers : str
        What was compared.
    breaking : tuple of Entry
        Where it fails, the numbers that are on the wrong side of the other's.
    gap : float
        By how much, at most.
    """

    text: str
    data: str
    where: str
    holds: bool | None
    numbers: str
    breaking: tuple[Entry, ...] = ()
    gap: float = 0.0


def published_number(
    data: str, method: str, dimensions: int, labels: str, metric: str
) -> float | None:
    """Look a cell up in the paper."""
    number = by_cell().get((data, method, dimensions, labels, metric))
    return None if number is None else number.value


def relations(look: Look, data: Iterable[str]) -> list[Outcome]:
    """Test the relations on every set; numbers come from `look`."""
    found: list[Outcome] = []
    for name in data:
        one = _Set(look, name)
        for part in (_trust, _classes, _decoders, _few):
            found.extend(part(one))
    return found


@dataclass(frozen=True)
class _Set:
    """The numbers of one set."""

    look: Look
    data: str

    def of(self, metric: str, dimensions: int, *methods: str) -> list[Entry]:
        return [self._entry(method, dimensions, "", metric) for method in methods]

    def few(self, variant: str, labels: str) -> list[Entry]:
        return [self._entry(variant, 0, labels, "accuracy")]

    def _entry(self, method: str, dimensions: int, labels: str, metric: str) -> Entry:
        value = self.look(self.data, method, dimensions, labels, metric)
        return Entry(method, dimensions, labels, metric, value)

    def above(
        self, text: str, where: str, left: list[Entry], right: list[Entry], *, equal: bool = False
    ) -> Outcome:
        """All on the left are larger than all on the right, or as large, where that will do."""
        some, others = _known(left), _known(right)
        lacks = [max(others) - one for one in some] if others else []
        lacks += [one - min(some) for one in others] if some else []
        return self._judged(text, where, left, right, lacks, equal=equal)

    def near(
        self, text: str, where: str, one: list[Entry], other: list[Entry], most: float
    ) -> Outcome:
        """Two numbers differ by `most` at most; it is the first that is to blame."""
        some, others = _known(one), _known(other)
        lacks = [abs(some[0] - others[0]) - most - 1e-9, -1.0] if some and others else []
        return self._judged(text, where, one, other, lacks, equal=True)

    def _judged(
        self, text: str, where: str, left: list[Entry], right: list[Entry], lacks: list[float],
        *, equal: bool,
    ) -> Outcome:  # fmt: skip
        """Make an outcome of what every number lacks."""
        numbers = f"{_list(_known(left))} | {_list(_known(right))}"
        entries = [*left, *right]
        if any(entry.value is None for entry in entries):
            return Outcome(text, self.data, where, None, numbers)
        wrong = [
            (entry, lack)
            for entry, lack in zip(entries, lacks, strict=True)
            if lack > 0 or (lack == 0 and not equal)
        ]
        gap = max((lack for _, lack in wrong), default=0.0)
        breaking = tuple(entry for entry, _ in wrong)
        return Outcome(text, self.data, where, not wrong, numbers, breaking, gap)


def _known(entries: list[Entry]) -> list[float]:
    return [entry.value for entry in entries if entry.value is not None]


def _list(values: list[float]) -> str:
    return " ".join(f"{value:.4f}" for value in values) or "nothing"


def _trust(one: _Set) -> Iterator[Outcome]:
    others = one.of("trustworthiness", 2, *(m for m in _MAPS if m != "tsne"))
    best = one.of("trustworthiness", 2, "tsne")
    yield one.above("t-SNE has the highest trustworthiness", "2-D", best, others, equal=True)
    for dimensions, most in ((2, 0.0123), (64, 0.0080)):
        network = one.of("trustworthiness", dimensions, "parametric_umap")
        points = one.of("trustworthiness", dimensions, "umap")
        text = f"P. UMAP's trustworthiness is within {most:.4f} of UMAP's"
        yield one.near(text, f"{dimensions}-D", network, points, most)


def _classes(one: _Set) -> Iterator[Outcome]:
    if one.data in _CLEAR:
        text = "UMAP, P. UMAP, UMAP/AE have larger silhouettes than t-SNE, AE, VAE, PCA"
        for dimensions in (2, 64):
            others = one.of("silhouette", dimensions, *_OTHERS[dimensions])
            family = one.of("silhouette", dimensions, *_FAMILY)
            yield one.above(text, f"{dimensions}-D", family, others)
    text = "UMAP, P. UMAP, UMAP/AE have larger NMI than P. t-SNE"
    family, other = one.of("nmi", 64, *_FAMILY), one.of("nmi", 64, "parametric_tsne")
    yield one.above(text, "64-D", family, other)
    for k in (1, 5):
        others = one.of(f"knn{k}", 2, *(m for m in _MAPS if m != "pca"))
        text = f"PCA has the lowest accuracy of {k} nearest"
        yield one.above(text, "2-D", others, one.of(f"knn{k}", 2, "pca"))


def _decoders(one: _Set) -> Iterator[Outcome]:
    text = "P. UMAP's detached decoder errs at least as much as UMAP/AE's"
    for dimensions in (2, 64):
        detached = one.of("mse", dimensions, "parametric_umap")
        joint = one.of("mse", dimensions, "umap_ae")
        yield one.above(text, f"{dimensions}-D", detached, joint, equal=True)


def _few(one: _Set) -> Iterator[Outcome]:
    if one.data in ("mnist", "fashion_mnist"):
        text = "+ UMAP (Euclidean) beats the baseline"
        yield one.above(text, "4 labels", one.few("umap", "4"), one.few("baseline", "4"))
    if one.data not in ("mnist", "fashion_mnist", "cifar10"):
        return
    for labels in ("4", "64", "256", "1024", "full"):
        learned, plain = one.few("learned", labels), one.few("baseline", labels)
        text = "+ UMAP (learned) is within .03 of the baseline"
        yield one.near(text, f"{labels} labels", learned, plain, 0.03)
    for labels in ("4", "64", "256"):
        both, plain = one.few("aug_learned", labels), one.few("aug", labels)
        text = "+ Aug. + UMAP (learned) beats + Aug."
        yield one.above(text, f"{labels} labels", both, plain)
