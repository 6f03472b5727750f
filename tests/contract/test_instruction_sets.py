"""Where two instruction sets hold the same weak symbol (say a member of std::vector) the linker
keeps one copy for all. It must be the baseline's, or the module dies on older processors."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
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
WIDE_NAMES = {"andn", "bzhi", "mulx", "pdep", "pext", "rorx", "sarx", "shlx", "shrx"}
NOT_WIDE = {"verr", "verw"}
TARGET = re.compile(r"^(?:\w+, )?(?:\[rip ([+-]) )?(0x[0-9a-f]+)\]?$")


@dataclass
class Function:
    """What a function holds, and which addresses it calls, jumps to or takes."""

    name: str
    wide: list[str]
    targets: set[int]


def read_function(name: str, code: bytes, address: int) -> Function:
    reader = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    wide, targets = [], set()
    for at, size, verb, operands in reader.disasm_lite(code, address):
        if (
            (verb[0] == "v" and verb not in NOT_WIDE)
            or verb in WIDE_NAMES
            or WIDE_REGISTER.search(operands)
        ):
            wide.append(f"{verb} {operands}")
        elif verb == "call" or verb[0] == "j" or verb == "lea":
            found = TARGET.match(operands.replace("qword ptr ", ""))
            if found is not None:
                sign, number = found.groups()
                base = 0 if sign is None else at + size
                targets.add(base + int(number, 16) * (-1 if sign == "-" else 1))
    return Function(name, wide, targets)


@pytest.fixture(scope="module")
def functions() -> dict[int, Function]:
    """Every function that the module's symbol table names, by address."""
    with Path(_kernels.__file__).open("rb") as file:
        elf = elffile.ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        if table is None:
            pytest.skip("the module has no symbols: ./dev builds one with them, wheels have none")
        sections = {
            i: (section["sh_addr"], section.data())
            for i, section in enumerate(elf.iter_sections())
            if section["sh_type"] == "SHT_PROGBITS"
        }
        found = {}
        for symbol in table.iter_symbols():
            home, address, size = symbol["st_shndx"], symbol["st_value"], symbol["st_size"]
            if symbol["st_info"]["type"] == "STT_FUNC" and home in sections:
                start, code = sections[home]
                code = code[address - start : address - start + size]
                found[address] = read_function(symbol.name, code, address)
    return found


def test_baseline_code_never_reaches_a_wider_instruction(functions):
    """A copy that only the kernels of a wider set call may be theirs; all others must not be."""
    wider = {a for a, f in functions.items() if f.wide or WIDER.search(f.name)}
    baseline = {a: f for a, f in functions.items() if a not in wider}
    strays = {a for a in wider if not WIDER.search(functions[a].name)}
    assert len(baseline) > 100
    faults = {
        f.name: [functions[a].name for a in f.targets & strays]
        for f in baseline.values()
        if f.targets & strays
    }
    assert faults == {}
    # These run when the module is loaded, whatever the processor.
    starters = [functions[a].name for a in strays if functions[a].name.startswith("_GLOBAL_")]
    assert starters == []


def test_calls_are_seen(functions):
    """The test above is blind unless calls between functions are read from the code."""
    called = {a for f in functions.values() for a in f.targets if a in functions}
    assert len(called) > 100


def test_the_kernels_of_the_wider_sets_do_hold_wider_instructions(functions):
    count = {"4avx2": 0, "6avx512": 0}
    for function in functions.values():
        for isa in count:
            if f"7umapkit{isa}" in function.name:
                count[isa] += len(function.wide)
    assert all(count.values()), count
