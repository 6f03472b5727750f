# Written by ./dev stubs from the compiled module; edit cpp/bindings instead.

"""
Compiled kernels of umapkit. Private: the rooms above wrap every function.
"""



def isa() -> str:
    """Name of the instruction set in use."""

def isas_available() -> list[str]:
    """Instruction sets that this machine can run."""
