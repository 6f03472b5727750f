from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from umapkit.data import load
from umapkit.data.examples import _images, _shapes, _sources, celeba, retina, vireo

DATA = os.environ.get("UMAPKIT_DATA", "")
with_data = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA, reason="UMAPKIT_DATA names no folder of data files"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UMAPKIT_DATA", str(tmp_path))
    monkeypatch.setenv("UMAPKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def _real(name: str, file: str) -> None:
    if not (Path(DATA) / file).is_file():
        pytest.skip(f"UMAPKIT_DATA has no {file}")


SETS = [
    # name, file, shape, sizes of the parts, image shape, classes
    ("mnist", "mnist.npz", (70000, 784), (50000, 10000, 10000), (28, 28), 10),
    ("fashion_mnist", "fashion_mnist.npz", (70000, 784), (50000, 10000, 10000), (28, 28), 10),
    ("mammoth", "mammoth.npz", (10000, 3), (10000, 0, 0), None, 11),
    ("bison", "bison.npz", (50000, 3), (50000, 0, 0), None, 0),
    ("pbmc", "pbmc3k_pca50.npz", (2638, 50), (2638, 0, 0), None, 9),
]


@pytest.mark.parametrize("case", [pytest.param(c, id=c[0], marks=with_data) for c in SETS])
def test_real_sets_have_the_papers_shapes_and_splits(case):
    name, file, shape, sizes, image_shape, classes = case
    _real(name, file)
    example = load(name)
    assert example.data.shape == shape
    assert example.data.dtype == np.float32
    assert np.isfinite(example.data).all()
    parts = (example.train, example.valid, example.test)
    assert tuple(map(len, parts)) == sizes
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(shape[0]))
    assert example.image_shape == image_shape
    assert file in example.source
    if classes:
        assert example.target is not None
        assert example.target_names is not None
        assert set(example.target) == set(range(classes))
        assert len(example.target_names) == classes
    else:
        assert example.target is None
        assert example.values is not None
    if image_shape:
        assert (example.data.min(), example.data.max()) == (0, 1)


@pytest.mark.parametrize(
    ("name", "digests"),
    [
        pytest.param("mnist", _images._MNIST, marks=with_data),
        pytest.param("fashion_mnist", _images._FASHION_MNIST, marks=with_data),
    ],
)
def test_the_digests_that_openml_is_held_to_are_those_of_the_real_files(name, digests):
    _real(name, f"{name}.npz")
    example = load(name)
    assert example.target is not None
    assert _sources.digest(example.target.astype(np.uint8)) == digests[0]
    assert _sources.digest(np.rint(example.data * 255).astype(np.uint8)) == digests[1]


@pytest.mark.parametrize("case", [pytest.param("", marks=with_data, id="real")])
def test_the_digests_of_the_shapes_are_those_of_the_real_files(case):
    _real("bison", "bison.npz")
    _real("mammoth", "mammoth.npz")
    assert _sources.digest(load("bison").data) == _shapes._BISON
    mammoth = load("mammoth")
    assert _sources.digest(mammoth.data) == _shapes._MAMMOTH
    np.testing.assert_array_equal(np.bincount(mammoth.target), _shapes._MAMMOTH_PARTS)
    assert (np.diff(mammoth.target) >= 0).all()


@pytest.mark.parametrize("case", [pytest.param("", marks=with_data, id="real")])
def test_the_real_subset_of_cifar_is_split_by_original_row(case):
    _real("cifar10", "cifar10_20k.npz")
    if (Path(DATA) / "cifar10.npz").is_file():
        pytest.skip("the whole set is there")
    example = load("cifar10")
    assert example.data.shape == (20000, 3072)
    with np.load(Path(DATA) / "cifar10_20k.npz") as arrays:
        original = arrays["train_idx"]
    assert (original[example.train] < 40_000).all()
    assert (original[example.valid] >= 40_000).all()
    assert len(example.train) + len(example.valid) == 17_000
    assert "subset of 17000 + 3000" in example.source


@pytest.mark.parametrize("case", [pytest.param("", marks=with_data, id="real")])
def test_real_birdsong_is_split_by_whole_songs(case):
    _real("birdsong", "bengalese_finch_syllables.npz")
    example = load("birdsong")
    assert example.data.shape == (24191, 1024)
    assert example.groups is not None
    parts = [example.train, example.valid, example.test]
    assert sum(map(len, parts)) == 24191
    assert 1000 <= len(parts[1]) < 1200
    assert 1000 <= len(parts[2]) < 1200
    songs = [set(example.groups[p]) for p in parts]
    assert not songs[0] & (songs[1] | songs[2])
    assert not songs[1] & songs[2]
    images = example.data.reshape(-1, 32, 32)
    assert not images[:, :, 0].any()
    assert images[:, :, 1:].any()


def test_a_missing_file_is_named_with_where_to_get_it(folder):
    for name, file in (
        ("birdsong", "bengalese_finch_syllables.npz"),
        ("pbmc", "pbmc3k_pca50.npz"),
        ("retina", "macosko_2015.pkl.gz"),
        ("vireo", "vireo.npz"),
        ("celeba", "celeba.npz"),
    ):
        with pytest.raises(FileNotFoundError, match=f"needs the file .*{file}"):
            load(name)


def test_a_wrong_folder_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("UMAPKIT_DATA", str(tmp_path / "no"))
    with pytest.raises(FileNotFoundError, match="is no folder"):
        load("mnist")


def _idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}i", *array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


def test_idx_files_are_read_and_split(folder):
    place = folder / "mnist"
    place.mkdir()
    labels = np.arange(70_000) % 10
    images = np.zeros((70_000, 28, 28), dtype=np.uint8)
    images[:, 3, 4] = np.arange(70_000) % 256
    _idx(place / "train-images-idx3-ubyte", images[:60_000])
    _idx(place / "train-labels-idx1-ubyte.gz", labels[:60_000])
    _idx(place / "t10k-images-idx3-ubyte", images[60_000:])
    with pytest.raises(FileNotFoundError, match="t10k-labels-idx1-ubyte"):
        load("mnist")
    _idx(place / "t10k-labels-idx1-ubyte", labels[60_000:])
    example = load("mnist")
    np.testing.assert_array_equal(example.target, labels)
    np.testing.assert_array_equal(np.rint(example.data[:, 3 * 28 + 4] * 255), images[:, 3, 4])
    np.testing.assert_array_equal(example.valid, np.arange(50_000, 60_000))
    assert "IDX" in example.source
    for content, words in (
        (b"\x01\x02\x03\x04", "is no IDX file"),
        (b"\0\0\x08\x01\0\0\0\x05a", "says 5"),
    ):
        (place / "t10k-labels-idx1-ubyte").write_bytes(content)
        with pytest.raises(ValueError, match=words):
            load("mnist")


def test_an_archive_without_the_arrays_is_refused(folder):
    np.savez(folder / "pbmc3k_pca50.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match="no array 'x', 'y', 'label_names'; it holds 'a'"):
        load("pbmc")


def test_fetched_points_are_compared_with_the_published_ones(folder, monkeypatch):
    points = np.random.default_rng(0).normal(size=(9, 3)).round(4)
    public = folder / "public.json"
    public.write_text(json.dumps({"2d": [[0, 0]], "3d": points.tolist()}), encoding="utf-8")
    monkeypatch.setattr(_shapes, "_BISON_URL", public.as_uri())
    with pytest.raises(ValueError, match="does not hold the published rows"):
        load("bison")
    (folder / "cache" / "bison.json").unlink()
    right = hashlib.sha256(points.astype("<f4").tobytes()).hexdigest()
    monkeypatch.setattr(_shapes, "_BISON", right)
    np.testing.assert_array_equal(load("bison").data, points.astype(np.float32))
    public.unlink()
    assert load("bison").source.startswith("file:")  # out of the cache
    (folder / "cache" / "bison.json").unlink()
    with pytest.raises(ConnectionError, match=r"could not be fetched.*save it as"):
        load("bison")
    assert list((folder / "cache").iterdir()) == []


def test_openml_that_cannot_be_reached_is_explained(folder, monkeypatch):
    def unreachable(*_args, **_options):
        msg = "no network"
        raise OSError(msg)

    monkeypatch.setattr("sklearn.datasets.fetch_openml", unreachable)
    with pytest.raises(ConnectionError, match=r"mnist_784.*no network.*UMAPKIT_DATA"):
        load("mnist")


def test_a_set_of_openml_in_another_order_is_refused(folder, monkeypatch):
    from types import SimpleNamespace

    answer = SimpleNamespace(
        data=np.zeros((70_000, 784)), target=np.repeat(np.arange(10), 7000).astype(str)
    )
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_a, **_k: answer)
    for name in ("mnist", "fashion_mnist"):
        with pytest.raises(ValueError, match="published order"):
            load(name)
    with pytest.raises(ValueError, match="does not hold 50,000 training rows"):
        load("cifar10")


def test_cifar_of_openml_is_turned_to_pixels_with_three_channels(folder, monkeypatch):
    from types import SimpleNamespace

    flat = np.zeros((60_000, 3072), dtype=np.uint8)
    flat[:, 1024] = 255  # green of the first pixel
    answer = SimpleNamespace(data=flat, target=(np.arange(60_000) % 10).astype(str))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_a, **_k: answer)
    example = load("cifar10")
    image = example.data[7].reshape(32, 32, 3)
    np.testing.assert_array_equal(image[0, 0], [0, 1, 0])
    assert image.sum() == 1
    assert tuple(map(len, (example.train, example.valid, example.test))) == (40000, 10000, 10000)


def _retina_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "pca_50": rng.normal(size=(44_808, 50)).astype(np.float32),
        "CellType1": rng.choice(["rods", "cones", "glia"], size=44_808),
    }


def test_retina_has_the_papers_split_and_no_code_of_the_pickle_runs(tmp_path):
    arrays = _retina_arrays()
    path = tmp_path / "macosko_2015.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(arrays), 1))
    example = retina(path)
    parts = (example.train, example.valid, example.test)
    assert tuple(map(len, parts)) == (30_327, 10_000, 4_481)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(44_808))
    np.testing.assert_array_equal(example.data, arrays["pca_50"])
    assert example.target_names == ("cones", "glia", "rods")

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    bad = tmp_path / "bad.pkl"
    bad.write_bytes(pickle.dumps({"pca_50": Evil()}))
    with pytest.raises(ValueError, match=r"asks for .*Path"):
        retina(bad)
    assert not (tmp_path / "ran").exists()
    bad.write_bytes(pickle.dumps([1]))
    with pytest.raises(ValueError, match="expected a dict"):
        retina(bad)
    bad.write_bytes(b"")
    with pytest.raises(ValueError, match="cannot be read"):
        retina(bad)


def test_vireo_keeps_the_twenty_most_frequent_labels_in_order(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([f"s{i:02d}" for i in range(25)], [200] * 20 + [5] * 5))
    spectrograms = rng.integers(0, 256, size=(len(labels), 32, 31), dtype=np.uint8)
    np.savez(tmp_path / "v.npz", x=spectrograms, y=labels)
    example = vireo(tmp_path / "v.npz")
    kept = np.flatnonzero(np.char.startswith(labels, "s0") | np.char.startswith(labels, "s1"))
    assert example.data.shape == (4000, 1024)
    images = example.data.reshape(-1, 32, 32)
    assert not images[:, :, 0].any()
    np.testing.assert_array_equal(np.rint(images[:, :, 1:] * 255), spectrograms[kept])
    assert [example.target_names[i] for i in example.target] == list(labels[kept])
    assert tuple(map(len, (example.train, example.valid, example.test))) == (2000, 1000, 1000)
    assert example.valid[0] == 0
    assert example.test[0] == 1000
    np.savez(tmp_path / "v.npz", x=spectrograms[:, :9], y=labels)
    with pytest.raises(ValueError, match=r"expected \(n, 32, 31\)"):
        vireo(tmp_path / "v.npz")


def test_celeba_is_read_from_the_users_file(tmp_path):
    images = np.zeros((2010, 4, 4, 3), dtype=np.uint8)
    images[2009] = 255
    np.savez(tmp_path / "c.npz", x=images)
    example = celeba(tmp_path / "c.npz")
    assert tuple(map(len, (example.train, example.valid, example.test))) == (10, 1000, 1000)
    assert example.image_shape == (4, 4, 3)
    assert example.part("test").data[-1].min() == 1
    np.savez(tmp_path / "c.npz", x=images[:5])
    with pytest.raises(ValueError, match="expected uint8"):
        celeba(tmp_path / "c.npz")
