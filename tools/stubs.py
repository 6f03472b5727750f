"""Write ``src/umapkit/_kernels.pyi`` from the compiled module, or with --check compare the two."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

STUB = Path(__file__).resolve().parents[1] / "src" / "umapkit" / "_kernels.pyi"
HEAD = "# Written by ./dev stubs from the compiled module; edit cpp/bindings instead.\n\n"


def render() -> str:
    """Text of the stub of the module that Python finds."""
    import importlib

    from nanobind.stubgen import StubGen

    generator = StubGen(importlib.import_module("umapkit._kernels"))
    generator.put(generator.module)
    return HEAD + generator.get().strip() + "\n"


def main() -> int:
    """Write, or compare and return 1 where the two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    args = parser.parse_args()
    new = render()
    if not args.check:
        STUB.write_text(new, encoding="utf-8")
        return 0
    old = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    if old == new:
        return 0
    changes = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "committed", "compiled", lineterm=""
    )
    print("\n".join(changes))
    print("src/umapkit/_kernels.pyi is not what the compiled module says: run ./dev stubs")
    return 1


if __name__ == "__main__":
    sys.exit(main())
