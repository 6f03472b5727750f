"""One loop of training, for every loss over batches."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from umapkit._seed import Stage
from umapkit.parametric._checks import check_choice, check_number, check_whole
from umapkit.parametric._group import (
    any_member,
    average_gradients,
    averaged,
    group,
    of_the_first,
    start_alike,
)
from umapkit.parametric._products import quick_products
from umapkit.parametric._torch import Tensor, deterministic, nn, seeded, torch

Schedule = Literal["constant", "linear", "cosine", "warm"]
SCHEDULES = ("constant", "linear", "cosine", "warm")
Terms = dict[str, Tensor]
TrainingObserver = Callable[[int, dict[str, float]], Any]
_WARM_SHARE = 0.1
_RUNNING = 0.98  # of the running loss: a memory of fifty steps


@dataclass(frozen=True)
class TrainOptions:
    """How to train.

    Attributes
    ----------
    n_steps : int
        Steps of the optimiser.
    learning_rate : float
        Largest step size of Adam.
    schedule : {"constant", "linear", "cosine", "warm"}
        Of the step size: as it is; falling to 0 in a line; in half a cosine; or rising for the
        first tenth of the steps, then falling in half a cosine.
    clip : float, optional
        Bound of every component of the gradient (the paper has 4); None: none.
    patience : int, optional
        Stop after so many checks without a better held-out loss; the best state is kept. None:
        never stop early, keep the last state. It needs `check_every` and a held-out loss.
    min_delta : float
        By how much a loss must be lower to be better.
    check_every : int
        Steps between two looks at the held-out loss; 0: only at the end.
    amp : bool
        Compute the networks in half precision (bfloat16) where torch deems it safe.
    verbose : bool
        Progress bar on standard error.
    description : str
        Of the bar.
    observers : sequence of callables
        Called as ``f(step, terms)`` after every `record_every` steps; a true answer stops.
    record_every : int
        Steps between two entries of the history.
    seed : int
        Of draws inside the networks (dropout).
    """

    n_steps: int
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    clip: float | None = 4.0
    patience: int | None = None
    min_delta: float = 0.0
    check_every: int = 0
    amp: bool = False
    verbose: bool = False
    description: str = "training"
    observers: Sequence[TrainingObserver] = ()
    record_every: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        check_whole("n_steps", self.n_steps, 0)
        check_whole("check_every", self.check_every, 0)
        check_whole("record_every", self.record_every, 1)
        check_choice("schedule", self.schedule, SCHEDULES)
        check_number("learning_rate", self.learning_rate, least=0, included=False)
        if self.clip is not None:
            check_number("clip", self.clip, least=0, included=False)
        if self.patience is not None:
            check_whole("patience", self.patience, 1)
            if not self.check_every:
                msg = (
                    f"patience={self.patience!r} counts looks at the held-out loss, and "
                    "check_every=0 looks at the end only. Give check_every=100, say."
                )
                raise ValueError(msg)


@dataclass
class Training:
    """What a training left behind.

    Attributes
    ----------
    history : dict of str to list of float
        "step" (counted over all calls), "seconds", "loss" (running mean), one list a term,
        "held_out" (NaN where it was not measured), "learning_rate".
    optimizer : torch.optim.Optimizer
        With its moments, for the next call.
    n_steps : int
        Steps made in this call.
    stopped : {"steps", "patience", "observer", "interrupt"}
        Why it ended.
    interrupt : BaseException, optional
        The Ctrl-C that ended it.
    best : float
        Lowest held-out loss; NaN without one.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    optimizer: torch.optim.Optimizer | None = None
    n_steps: int = 0
    stopped: str = "steps"
    interrupt: BaseException | None = None
    best: float = math.nan


def rate_at(step: int, options: TrainOptions) -> float:
    """Step size of a step, by the schedule."""
    share = step / max(1, options.n_steps)
    if options.schedule == "linear":
        return options.learning_rate * (1.0 - share)
    if options.schedule == "cosine":
        return options.learning_rate * 0.5 * (1.0 + math.cos(math.pi * share))
    if options.schedule == "warm":
        if share < _WARM_SHARE:
            return options.learning_rate * (0.1 + 0.9 * share / _WARM_SHARE)
        rest = (share - _WARM_SHARE) / (1.0 - _WARM_SHARE)
        return options.learning_rate * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * rest)))
    return options.learning_rate


def train(
    modules: nn.Module,
    batches: Callable[[int], Any],
    loss: Callable[[Any], Terms],
    options: TrainOptions,
    *,
    held_out: Callable[[], dict[str, float]] | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    first_step: int = 0,
) -> Training:
    """Train modules on batches.

    Where the process belongs to a group of ``torch.distributed`` (torchrun), all members begin with
    the networks of the first, every one takes batches of its own, and gradients are averaged: the
    networks, the history and the reason to stop are the same everywhere.

    Parameters
    ----------
    modules : torch.nn.Module
        Holds every parameter to train; changed in place. On one device.
    batches : callable
        ``batches(number)``: a pure function of the number, which is the step's; member r of a
        group of s is given ``s * step + r``.
    loss : callable
        ``loss(batch)``: named terms, scalar tensors with their weights in them; their sum is
        descended.
    options : TrainOptions
        How long and how.
    held_out : callable, optional
        Named terms, as numbers, of data that no batch has; called in evaluation mode without
        gradients. Their sum is judged.
    optimizer : torch.optim.Optimizer, optional
        That of an earlier call, to go on with its moments.
    first_step : int, default 0
        Number of the first step, so that a second call draws other batches.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        If no parameter can be trained, or `options` has patience and `held_out` is missing.
    FloatingPointError
        If the loss is no longer finite.
    """
    if options.patience is not None and held_out is None:
        msg = (
            f"patience={options.patience!r} waits for a better held-out loss, and there is none. "
            "Give held_out=, a function that measures it, or leave patience out."
        )
        raise ValueError(msg)
    parameters = [p for p in modules.parameters() if p.requires_grad]
    if not parameters:
        msg = "The networks have nothing to train: no parameter of theirs has requires_grad=True."
        raise ValueError(msg)
    device = parameters[0].device
    if optimizer is None:
        fused = device.type in ("cpu", "cuda")
        optimizer = torch.optim.Adam(
            parameters, lr=options.learning_rate, fused=fused, foreach=not fused
        )
    run = _Run(modules, options, Training(optimizer=optimizer), held_out, first_step)
    members, member = group()
    start_alike(modules)
    running, begun = math.nan, time.perf_counter()
    bar = _bar(options)
    modules.train()
    try:
        with deterministic(device), quick_products(modules, device):
            for step in range(options.n_steps):
                number = first_step + step
                for part in optimizer.param_groups:
                    part["lr"] = rate_at(step, options)
                batch = batches(number * members + member)
                with (
                    seeded(options.seed, Stage.DROPOUT, number * members + member, device=device),
                    torch.autocast(device.type, torch.bfloat16, enabled=options.amp),
                ):
                    terms = loss(batch)
                total = torch.stack([t.float() for t in terms.values()]).sum()
                optimizer.zero_grad(set_to_none=True)
                total.backward()
                average_gradients(modules)
                if options.clip is not None:
                    nn.utils.clip_grad_value_(parameters, options.clip)
                optimizer.step()
                run.result.n_steps = step + 1
                last = step + 1 == options.n_steps
                bar.update(1)
                if last or (step + 1) % options.record_every == 0 or run.due(step + 1):
                    named = {name: float(term.detach()) for name, term in terms.items()}
                    named = averaged({**named, "": float(total.detach())}, device)
                    value = named.pop("")
                    if not math.isfinite(value):
                        msg = (
                            f"The loss is {value} at step {number}. Give a smaller learning_rate "
                            f"than {options.learning_rate:g}, or amp=False."
                        )
                        raise FloatingPointError(msg)
                    memory = _RUNNING**options.record_every
                    running = value if math.isnan(running) else (
                        memory * running + (1.0 - memory) * value
                    )  # fmt: skip
                    bar.set_postfix(loss=f"{running:.4f}", refresh=False)
                    if run.record(step, named, running, time.perf_counter() - begun, last=last):
                        break
    except KeyboardInterrupt as interrupt:
        run.result.stopped, run.result.interrupt = "interrupt", interrupt
    finally:
        bar.close()
        modules.eval()
    run.restore()
    return run.result


class _Run:
    """History, checks and the best state of one call."""

    def __init__(
        self,
        modules: nn.Module,
        options: TrainOptions,
        result: Training,
        held_out: Callable[[], dict[str, float]] | None,
        first_step: int,
    ) -> None:
        self.modules, self.options, self.result = modules, options, result
        self.held_out, self.first_step = held_out, first_step
        self.device = next(modules.parameters()).device
        self.waited = 0
        self.best_state: dict[str, Tensor] | None = None

    def due(self, done: int) -> bool:
        """Whether the held-out loss is to be looked at."""
        every = self.options.check_every
        return self.held_out is not None and every > 0 and done % every == 0

    def record(
        self, step: int, terms: dict[str, float], running: float, seconds: float, *, last: bool
    ) -> bool:
        """Add to the history; whether to stop."""
        history = self.result.history
        entry = {
            "step": float(self.first_step + step + 1),
            "seconds": seconds,
            "loss": running,
            "learning_rate": rate_at(step, self.options),
            **terms,
        }
        judged = self.held_out is not None and (last or self.due(step + 1))
        entry["held_out"] = self._look() if judged else math.nan
        before = len(history.get("step", []))
        for name in {*history, *entry}:
            # A term that turns (alternating losses) is NaN where it had no part.
            history.setdefault(name, [math.nan] * before).append(entry.get(name, math.nan))
        answers = [observer(int(entry["step"]), dict(entry)) for observer in self.options.observers]
        if any_member(says_yes=any(answers), device=self.device):
            self.result.stopped = "observer"
            return True
        if judged and self._settled(entry["held_out"]):
            self.result.stopped = "patience"
            return True
        return False

    def _look(self) -> float:
        assert self.held_out is not None
        self.modules.eval()
        with torch.no_grad():
            found = sum(self.held_out().values())
        self.modules.train()
        return of_the_first(float(found), self.device)

    def _settled(self, loss: float) -> bool:
        best = self.result.best
        if math.isnan(best) or loss < best - self.options.min_delta:
            self.result.best, self.waited = loss, 0
            if self.options.patience is not None:
                self.best_state = copy.deepcopy(self.modules.state_dict())
            return False
        self.waited += 1
        return self.options.patience is not None and self.waited >= self.options.patience

    def restore(self) -> None:
        """Go back to the state of the best held-out loss, where that was asked for."""
        if self.best_state is not None and self.result.stopped in ("steps", "patience"):
            self.modules.load_state_dict(self.best_state)


def _bar(options: TrainOptions) -> Any:
    from tqdm.auto import tqdm

    hidden = not options.verbose or group()[1] > 0
    return tqdm(total=options.n_steps, desc=options.description, unit="step", disable=hidden)
