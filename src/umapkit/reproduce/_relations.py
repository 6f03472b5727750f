"""Order relations that hold in all published rows: what another run should show, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from umapkit.reproduce._published import by_cell

# data, method, dimensions, labels, metric -> the number, None where there is none
Look = Callable[[str, str, int, str, str], float | None]
_OTHERS = {2: ("tsne", "ae", "vae", "pca"), 64: ("ae", "vae", "pca")}
_FAMILY = ("umap", "parametric_umap", "umap_ae")
_MAPS = ("tsne", "parametric_tsne", *_FAMILY, "ae", "vae", "pca")
_CLEAR = ("vireo", "fashion_mnist", "mnist")


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
    """

    text: str
    data: str
    where: str
    holds: bool | None
    numbers: str


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

    def of(self, metric: str, dimensions: int, *methods: str) -> list[float | None]:
        return [self.look(self.data, method, dimensions, "", metric) for method in methods]

    def few(self, variant: str, labels: str) -> list[float | None]:
        return [self.look(self.data, variant, 0, labels, "accuracy")]

    def says(
        self,
        text: str,
        where: str,
        left: list[float | None],
        right: list[float | None],
        holds: Callable[[list[float], list[float]], bool],
    ) -> Outcome:
        some = [value for value in left if value is not None]
        others = [value for value in right if value is not None]
        complete = len(some) == len(left) and len(others) == len(right)
        numbers = f"{_list(some)} | {_list(others)}"
        return Outcome(text, self.data, where, holds(some, others) if complete else None, numbers)


def _list(values: list[float]) -> str:
    return " ".join(f"{value:.4f}" for value in values) or "nothing"


def _above(left: list[float], right: list[float]) -> bool:
    return min(left) > max(right)


def _at_least(left: list[float], right: list[float]) -> bool:
    return min(left) >= max(right)


def _within(most: float) -> Callable[[list[float], list[float]], bool]:
    return lambda left, right: abs(left[0] - right[0]) <= most + 1e-9


def _trust(one: _Set) -> Iterator[Outcome]:
    others = one.of("trustworthiness", 2, *(m for m in _MAPS if m != "tsne"))
    best = one.of("trustworthiness", 2, "tsne")
    yield one.says("t-SNE has the highest trustworthiness", "2-D", best, others, _at_least)
    for dimensions, most in ((2, 0.0123), (64, 0.0080)):
        network = one.of("trustworthiness", dimensions, "parametric_umap")
        points = one.of("trustworthiness", dimensions, "umap")
        text = f"P. UMAP's trustworthiness is within {most:.4f} of UMAP's"
        yield one.says(text, f"{dimensions}-D", network, points, _within(most))


def _classes(one: _Set) -> Iterator[Outcome]:
    if one.data in _CLEAR:
        text = "UMAP, P. UMAP, UMAP/AE have larger silhouettes than t-SNE, AE, VAE, PCA"
        for dimensions in (2, 64):
            others = one.of("silhouette", dimensions, *_OTHERS[dimensions])
            family = one.of("silhouette", dimensions, *_FAMILY)
            yield one.says(text, f"{dimensions}-D", family, others, _above)
    text = "UMAP, P. UMAP, UMAP/AE have larger NMI than P. t-SNE"
    family, other = one.of("nmi", 64, *_FAMILY), one.of("nmi", 64, "parametric_tsne")
    yield one.says(text, "64-D", family, other, _above)
    for k in (1, 5):
        others = one.of(f"knn{k}", 2, *(m for m in _MAPS if m != "pca"))
        text = f"PCA has the lowest accuracy of {k} nearest"
        yield one.says(text, "2-D", others, one.of(f"knn{k}", 2, "pca"), _above)


def _decoders(one: _Set) -> Iterator[Outcome]:
    text = "P. UMAP's detached decoder errs at least as much as UMAP/AE's"
    for dimensions in (2, 64):
        detached = one.of("mse", dimensions, "parametric_umap")
        joint = one.of("mse", dimensions, "umap_ae")
        yield one.says(text, f"{dimensions}-D", detached, joint, _at_least)


def _few(one: _Set) -> Iterator[Outcome]:
    if one.data in ("mnist", "fashion_mnist"):
        text = "+ UMAP (Euclidean) beats the baseline"
        yield one.says(text, "4 labels", one.few("umap", "4"), one.few("baseline", "4"), _above)
    if one.data not in ("mnist", "fashion_mnist", "cifar10"):
        return
    for labels in ("4", "64", "256", "1024", "full"):
        learned, plain = one.few("learned", labels), one.few("baseline", labels)
        text = "+ UMAP (learned) is within .03 of the baseline"
        yield one.says(text, f"{labels} labels", learned, plain, _within(0.03))
    for labels in ("4", "64", "256"):
        both, plain = one.few("aug_learned", labels), one.few("aug", labels)
        text = "+ Aug. + UMAP (learned) beats + Aug."
        yield one.says(text, f"{labels} labels", both, plain, _above)
