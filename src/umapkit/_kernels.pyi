<<<<<<< HEAD
=======
# Written by ./dev stubs from the compiled module; edit cpp/bindings instead.

>>>>>>> pack
"""
Compiled kernels of umapkit. Private: the rooms above wrap every function.
"""

<<<<<<< HEAD
from typing import Annotated

import numpy
from numpy.typing import NDArray
=======
>>>>>>> pack


def isa() -> str:
    """Name of the instruction set in use."""

def isas_available() -> list[str]:
    """Instruction sets that this machine can run."""
<<<<<<< HEAD

def run_sampled(vectors: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], heads: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], degree: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], order: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], positions: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], velocity: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], state: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')], *, until: int, n_epochs: int, a: float, b: float, gamma: float, learning_rate: float, momentum: float, stiffness_limit: float, negative_rate: float, negative_runs: int, seed: int, n_threads: int) -> None:
    """
    Run epochs state[0] .. until - 1 of the sampled layout in place; see sampled.hpp.
    """

def observed_losses(vectors: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)], heads: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], degree: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], order: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], positions: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], losses: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], *, epoch: int, a: float, b: float, gamma: float, negative_rate: float, negative_runs: int, seed: int, n_threads: int) -> None:
    """
    Effective loss of every vertex, (attraction, repulsion); see observed_loss.hpp.
    """

def run_literal(heads: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], tails: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], positions: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], next_edge: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], next_negative: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], state: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')], *, until: int, n_epochs: int, a: float, b: float, gamma: float, learning_rate: float, negative_rate: float, seed: int, bernoulli: bool, push_tail: bool) -> None:
    """
    Run epochs state[0] .. until - 1 of Algorithm 1 in place; see literal.hpp.
    """

def settle(map: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], order: Annotated[NDArray[numpy.int32], dict(shape=(None,), order='C', device='cpu', writable=False)], neighbors: Annotated[NDArray[numpy.int32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], row_keys: Annotated[NDArray[numpy.uint64], dict(shape=(None,), order='C', device='cpu', writable=False)], places: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], *, n_epochs: int, a: float, b: float, gamma: float, learning_rate: float, negative_rate: float, negative_runs: int, seed: int, n_threads: int) -> None:
    """Settle new rows on a frozen map, in place; see settle.hpp."""

def curve_values(s: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], *, which: int, a: float, b: float, gamma: float) -> None:
    """
    For the tests. which: 0, 1 force coefficients of attraction and repulsion, 2, 3 their costs at squared distances s; 4 log2, 5 exp2.
    """
=======
>>>>>>> pack
