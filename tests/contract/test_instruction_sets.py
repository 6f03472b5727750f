"""Where two instruction sets hold the same weak symbol (say a member of std::vector) the linker
keeps one copy for all. It must be the baseline's, or the module dies on older processors."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from umapkit import _kernels

capstone = pytest.importorskip("capstone", reason="capstone reads the instructions")
elffile = pytest.importorskip("elftools.elf.elffile", reason="pyelftools reads the symbols")

X86 = platform.machine() in {"x86_64", "AMD64"} and platform.system() == "Linux"
pytestmark = pytest.mark.skipif(not X86, reason="only Linux on x86-64 is looked at")

# The mangled namespace, as in _ZN7umapkit6avx5125twiceEi or inside a template argument.
WIDER = re.compile(r"7umapkit(?:4avx2|6avx512)")
WIDE_REGISTER = re.compile(r"\b[yz]mm\d|\bk[0-7]\b|\bxmm(?:1[6-9]|2\d|3[01])\b")


def functions() -> Iterator[tuple[str, bytes, int]]:
    """Name, code and address of every function that the module's symbol table names."""
    with Path(_kernels.__file__).open("rb") as file:
        elf = elffile.ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        if table is None:
            pytest.skip("the module has no symbols: ./dev builds one with them, wheels have none")
        sections = {
            i: (s["sh_addr"], s.data())
            for i, s in enumerate(elf.iter_sections())
            if s["sh_type"] == "SHT_PROGBITS"
        }
        for symbol in table.iter_symbols():
            home = symbol["st_shndx"]
            if symbol["st_info"]["type"] != "STT_FUNC" or home not in sections:
                continue
            start, code = sections[home]
            begin = symbol["st_value"] - start
            yield symbol.name, code[begin : begin + symbol["st_size"]], symbol["st_value"]


def wide_instructions(code: bytes, address: int) -> list[str]:
    """Instructions beyond the baseline: those with a VEX or EVEX prefix, and wide registers."""
    reader = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    return [
        f"{i.mnemonic} {i.op_str}"
        for i in reader.disasm(code, address)
        if (i.mnemonic.startswith("v") and i.mnemonic not in {"verr", "verw"})
        or i.mnemonic in {"andn", "bzhi", "pdep", "pext", "shlx", "shrx", "sarx", "rorx", "mulx"}
        or WIDE_REGISTER.search(i.op_str)
    ]


def test_no_function_of_the_baseline_holds_a_wider_instruction():
    looked_at, faults = 0, {}
    for name, code, address in functions():
        if WIDER.search(name):
            continue
        looked_at += 1
        wide = wide_instructions(code, address)
        if wide:
            faults[name] = wide[:3]
    assert looked_at > 100
    assert faults == {}


def test_the_kernels_of_the_wider_sets_do_hold_wider_instructions():
    wide = {"4avx2": 0, "6avx512": 0}
    for name, code, address in functions():
        for isa in wide:
            if f"7umapkit{isa}" in name:
                wide[isa] += len(wide_instructions(code, address))
    assert all(wide.values()), wide
