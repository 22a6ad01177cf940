"""How the contract suite runs: a promise is a named check; a method keeps it, breaks it, or is let off for a reason."""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise import engine
from askwise.core.errors import AskwiseError
from askwise.core.evidence import VOCABULARY
from askwise.core.noise import row_keys
from askwise.core.protocols import Execute
from askwise.core.registry import Method
from askwise.core.source import ArraySource
from askwise.core.types import Array, FloatArray
from askwise.picked import Picked
from askwise.strategy import Mixture, Strategy
from askwise.testing.hints import Hint
from askwise.testing.world import World, convert

Check = Callable[[Any, Hint], None]
"""A check of one promise: gets the method (or strategy) and its hint; raises AssertionError with what it saw."""

FAULTS = (
    AssertionError,
    AskwiseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    Warning,
)
"""What a method under test may die of: each becomes a broken promise of that method, and the suite goes on."""


class ContractBroken(AssertionError):
    """A method breaks a promise. The message names the method, the promise, and what was seen."""


class NotHere(Exception):
    """A promise cannot be checked on this machine: a library is not installed."""


@dataclass(frozen=True)
class Outcome:
    """How one promise fared: ``kept``, ``skipped`` (with the reason) or ``broken`` (with what was seen)."""

    promise: str
    status: str
    detail: str = ""


def outcomes(subject: Any, checks: Mapping[str, Check], hint: Hint) -> list[Outcome]:
    """The outcome of each promise, in order."""
    return [_outcome(subject, promise, check, hint) for promise, check in checks.items()]


def _outcome(subject: Any, promise: str, check: Check, hint: Hint) -> Outcome:
    if promise in hint.skip:
        return Outcome(promise, "skipped", hint.skip[promise])
    try:
        check(subject, hint)
    except NotHere as reason:
        return Outcome(promise, "skipped", str(reason))
    except FAULTS as error:
        seen = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        return Outcome(promise, "broken", f"{describe(subject)} breaks the promise {promise!r}: {seen}")
    return Outcome(promise, "kept")


def verdict(found: list[Outcome]) -> list[Outcome]:
    """The outcomes as they are. Raises ContractBroken with every broken promise."""
    broken = [one.detail for one in found if one.status == "broken"]
    if broken:
        raise ContractBroken("\n".join(broken))
    return found


def describe(subject: Any) -> str:
    """What is under test, in words."""
    return f"{subject.kind} {subject.name!r}" if isinstance(subject, Method) else f"strategy {subject.label!r}"


def expect(condition: Any, what: str) -> None:
    """Raise AssertionError unless the condition holds; unlike `assert` it also holds under python -O."""
    if not condition:
        raise AssertionError(what)


def expect_error(kind: type[Exception], wanted: str, act: Callable[[], Any], what: str) -> None:
    """Raise AssertionError unless the act raises this error with the wanted words in its message."""
    try:
        act()
    except kind as error:
        expect(wanted in str(error), f"{what} raised {kind.__name__}({str(error)!r}), which does not name {wanted!r}")
        return
    raise AssertionError(f"{what} was not refused with {kind.__name__}")


def expect_close(got: FloatArray, wanted: FloatArray, tolerance: float, what: str) -> None:
    """Raise AssertionError with the worst position unless the values agree to a relative and absolute tolerance."""
    expect(got.shape == wanted.shape, f"{what}: shape {got.shape}, not {wanted.shape}")
    off = np.abs(got - wanted) - tolerance * (1.0 + np.abs(wanted))
    if len(off) and not off.max() <= 0:
        worst = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        raise AssertionError(f"{what}: row {worst} gives {got[worst]!r}, not {wanted[worst]!r}")


def expect_same(got: Any, wanted: Any, what: str) -> None:
    """Raise AssertionError unless two lists of rows or ids are equal."""
    got, wanted = np.asarray(got).tolist(), np.asarray(wanted).tolist()
    expect(got == wanted, f"{what}: {got}, not {wanted}")


def names_of(method: Method) -> tuple[str, ...]:
    """All evidence of a method in the order of its parameters."""
    return (*method.needs, *method.wishes)


def subject(method: Method, hint: Hint) -> Method:
    """The method with the settings that its hint asks for."""
    return method.using(**hint.settings) if hint.settings else method


def strategy_of(method: Method, hint: Hint) -> Strategy:
    """The method as a strategy; a pick that ranks gets a score whose values are exact in every float type."""
    chosen = subject(method, hint)
    if method.kind == "score":
        return Strategy(chosen)
    if method.kind == "among":
        return Strategy("least_confidence", among=chosen)
    if method.kind == "limit":
        return Strategy("least_confidence", limits=(chosen,))
    return Strategy("least_confidence" if "scores" in names_of(method) else None, pick=chosen)


def used_by(strategy: Strategy) -> set[str]:
    """Evidence that a source must hold so that every need and wish of the strategy is met."""
    if isinstance(strategy, Mixture):
        return {name for one in strategy.strategies for name in used_by(one)}
    methods = [strategy.among_method, strategy.score_method, strategy.pick_method, *strategy.limits]
    names = {name for method in methods if method is not None for name in names_of(method)} - {"noise", "scores"}
    return names - {"head_grads"} | {"probs", "embeddings"} if "head_grads" in names else names


def evidence_for(strategy: Strategy, world: World) -> dict[str, Any]:
    """What `select` must be given; a method that looks at no row gets embeddings, so that there is a pool."""
    names = used_by(strategy)
    if not any(VOCABULARY[name].per == "row" for name in names):
        names.add("embeddings")
    return {name: world[name] for name in sorted(names)}


def labelled_evidence(given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Evidence of the labelled rows that goes with this evidence of the pool."""
    return {f"labelled_{name}": world[f"labelled_{name}"] for name in ("embeddings", "probs") if name in given}


_OF_DRAWS = ("samples", "draws", "votes", "marginal_draws", "target_samples")
"""Evidence whose second axis counts the members of a committee."""


def poor_worlds(method: Method, hint: Hint) -> Iterator[tuple[str, World]]:
    """Worlds with less in them than a method may hope for: one draw, no labelled row, a class without a label."""
    names = names_of(method)
    world = hint.world()
    drawn = [name for name in names if name in _OF_DRAWS]
    if drawn:
        yield "a single draw", world.with_(**{name: world[name][:, :1] for name in drawn})
    if any(VOCABULARY[name].per == "labelled" for name in names):
        yield "no labelled rows", hint.world(labelled=0)
    if "labels" in names:
        yield "a class without a label", world.with_(labels=world["labels"] * (world["labels"] < world.c - 1))


def choose(
    strategy: Strategy,
    evidence: Mapping[str, Any],
    n: int,
    *,
    ids: Any = None,
    candidates: Any = None,
    chunk: int | None = None,
    execute: Execute | None = None,
    seed: int = 0,
) -> Picked:
    """`select`, with the size of a chunk in hand."""
    source = ArraySource(evidence, None if ids is None else row_keys(ids), ids)
    source.chunk = chunk or source.chunk
    rows = np.arange(source.size) if candidates is None else np.asarray(candidates, dtype=np.int64)
    return engine.run(n, strategy, source, rows, seed, execute)


def same_bytes(before: Any, after: Any) -> bool:
    """Whether two pieces of evidence hold the same values, at any depth."""
    if isinstance(before, np.ndarray):
        return bool(np.array_equal(before, after))
    if isinstance(before, tuple):
        return all(same_bytes(a, b) for a, b in zip(before, after, strict=True))
    if isinstance(before, Mapping):
        return all(same_bytes(value, after[key]) for key, value in before.items())
    return True


@contextlib.contextmanager
def untouched(evidence: Mapping[str, Any]) -> Iterator[None]:
    """Raise AssertionError at the end if an array inside the evidence has changed meanwhile."""
    copies = {name: value if callable(value) else copy.deepcopy(value) for name, value in evidence.items()}
    yield
    for name, value in evidence.items():
        expect(same_bytes(copies[name], value), f"{name} was changed; work on a copy")


@contextlib.contextmanager
def backend(name: str) -> Iterator[None]:
    """Run with this kernel set."""
    before = os.environ.get("ASKWISE_BACKEND")
    os.environ["ASKWISE_BACKEND"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["ASKWISE_BACKEND"]
        else:
            os.environ["ASKWISE_BACKEND"] = before


def in_namespace(library: str, value: Any) -> Any:
    """The evidence as arrays of torch or array_api_strict. Raises NotHere without the library."""
    if importlib.util.find_spec(library) is None:
        raise NotHere(f"{library} is not installed")
    module: Any = importlib.import_module(library)

    def to(array: Array) -> Array:
        return module.asarray(np.ascontiguousarray(array).copy())

    return convert(value, to, kinds="fiu")


def as_type(dtype: Any, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence with its real numbers in another float type."""
    return {name: convert(value, lambda array: array.astype(dtype)) for name, value in evidence.items()}
