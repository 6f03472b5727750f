from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import umapkit
from umapkit import _kernels

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = {n for n, room in umapkit._NAMES.items() if room == "parametric"} | {"parametric"}
HEAVY = ("numba", "torch", "matplotlib", "pandas", "polars", "pyarrow", "typer", "anndata")


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_package_alone_loads_nothing_but_itself():
    code = (
        "import sys; before = set(sys.modules); import umapkit; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    answer = run(code)
    assert answer.returncode == 0, answer.stderr
    loaded = set(answer.stdout.split()) - sys.stdlib_module_names
    assert loaded == {"umapkit"}


def test_asking_for_umap_loads_no_heavy_library():
    # scikit-learn itself imports pandas where it is installed (and that pyarrow), so what it
    # brings is not counted; what umapkit brings beyond it is.
    code = (
        "import sys, numpy, scipy.sparse, scipy.sparse.linalg, sklearn.base; "
        "import sklearn.utils.validation; before = set(sys.modules); "
        "import umapkit; umapkit.UMAP; new = set(sys.modules) - before; "
        f"print(*[m for m in {HEAVY!r} if m in new]); print(len(new))"
    )
    answer = run(code)
    assert answer.returncode == 0, answer.stderr
    heavy, count = answer.stdout.splitlines()
    assert heavy == ""
    assert int(count) > 10, "umapkit.UMAP should at least have loaded its own rooms"


def test_every_public_name_is_there():
    for name in umapkit.__all__:
        if name in NETWORKS and find_spec("torch") is None:
            continue
        assert getattr(umapkit, name) is not None, name
    assert set(umapkit.__all__) <= set(dir(umapkit))


def test_without_torch_the_networks_name_what_to_install():
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent()); import umapkit; umapkit.UMAP\n"
        "for name in ('ParametricUMAP', 'parametric'):\n"
        "    try: getattr(umapkit, name)\n"
        "    except ImportError as error: print(error)"
    )
    answer = run(code)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("pip install 'umapkit[parametric]'") == 2


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(AttributeError, match=r"no attribute 'Umap'; it has: .*UMAP"):
        umapkit.Umap  # noqa: B018  (the attribute access is the test)


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert umapkit.__version__ == project["version"] == importlib.metadata.version("umapkit")


def test_an_unknown_instruction_set_is_refused_with_the_known_ones():
    answer = run("import umapkit._kernels", UMAPKIT_ISA="nonsense")
    assert answer.returncode != 0
    assert "UMAPKIT_ISA=nonsense is not an instruction set of this machine" in answer.stderr
    for isa in _kernels.isas_available():
        assert isa in answer.stderr
    assert "Unset the variable" in answer.stderr


@pytest.mark.parametrize("isa", _kernels.isas_available())
def test_every_instruction_set_of_the_machine_can_be_forced(isa):
    answer = run("from umapkit import _kernels; print(_kernels.isa())", UMAPKIT_ISA=isa)
    assert answer.stdout.strip() == isa, answer.stderr


def test_without_a_wish_the_widest_instruction_set_is_taken():
    answer = run("from umapkit import _kernels; print(_kernels.isa())", UMAPKIT_ISA="")
    assert answer.stdout.strip() == _kernels.isas_available()[-1], answer.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/cpuinfo, which Linux has")
def test_the_instruction_sets_are_those_that_the_system_names():
    flags = set(Path("/proc/cpuinfo").read_text().split())
    needs = {
        "baseline": set(),
        "avx2": {"avx2", "fma", "bmi1", "bmi2", "popcnt", "f16c"},
    }
    needs["avx512"] = needs["avx2"] | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
    assert _kernels.isas_available() == [isa for isa, need in needs.items() if need <= flags]


def test_without_torch_everything_that_is_listed_can_be_had():
    code = (
        "import importlib.util, inspect\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'torch' else real(n, *a)\n"
        "import umapkit; from umapkit import *; UMAP, load, view\n"
        "assert dict(inspect.getmembers(umapkit))['UMAP'] is UMAP\n"
        "print(*({'VAE', 'ParametricUMAP', 'parametric'} & {*dir(umapkit), *umapkit.__all__}))"
    )
    answer = run(code)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""
