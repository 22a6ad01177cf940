"""The method contract suite: one call checks a score, a pick, a sub-pool, a limit, a stopping rule or a strategy.

Whatever is registered is covered without a word: evidence of every name of the vocabulary is made for it. A method
whose domain is restricted, or which is slow, says so with `askwise.testing.hint`. In a plugin's tests::

    from askwise.testing import check_score

    def test_contract():
        check_score(my_score)
"""

from __future__ import annotations

from collections.abc import Iterator

from askwise.catalogue import NAMED, find
from askwise.core import registry
from askwise.core.errors import BadInput
from askwise.core.registry import Method
from askwise.strategy import Strategy
from askwise.testing.among import AMONG_CHECKS
from askwise.testing.hints import Hint, hint_of
from askwise.testing.limits import LIMIT_CHECKS
from askwise.testing.picks import PICK_CHECKS
from askwise.testing.scores import SCORE_CHECKS
from askwise.testing.stops import STOP_CHECKS
from askwise.testing.strategies import POLICY_CHECKS, STRATEGY_CHECKS
from askwise.testing.suite import Check, Outcome, outcomes, verdict

CHECKS: dict[str, dict[str, Check]] = {
    "score": SCORE_CHECKS,
    "pick": PICK_CHECKS,
    "among": AMONG_CHECKS,
    "limit": LIMIT_CHECKS,
    "stop": STOP_CHECKS,
    "policy": POLICY_CHECKS,
    "strategy": STRATEGY_CHECKS,
}
"""The promises of each kind, by name."""


def contract(subject: Method | Strategy, hint: Hint | None = None) -> list[Outcome]:
    """How the method or strategy fares with every promise of its kind; broken promises are told, not raised."""
    if isinstance(subject, Strategy):
        return outcomes(subject, STRATEGY_CHECKS, hint or Hint())
    return outcomes(subject, CHECKS[subject.kind], hint or hint_of(subject))


def check_method(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of the method's kind. Raises ContractBroken naming the method and each promise that it breaks."""
    return verdict(contract(method, hint))


def check_score(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a score. Raises ContractBroken.

    >>> import askwise as aw
    >>> {outcome.status for outcome in check_score(aw.score.margin)} <= {"kept", "skipped"}
    True
    """
    return check_method(_of_kind("score", method), hint)


def check_pick(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a pick. Raises ContractBroken."""
    return check_method(_of_kind("pick", method), hint)


def check_among(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a sub-pool. Raises ContractBroken."""
    return check_method(_of_kind("among", method), hint)


def check_limit(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a limit. Raises ContractBroken."""
    return check_method(_of_kind("limit", method), hint)


def check_stop(method: Method, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a stopping rule. Raises ContractBroken."""
    return check_method(_of_kind("stop", method), hint)


def check_strategy(strategy: Strategy | Method | str, hint: Hint | None = None) -> list[Outcome]:
    """Every promise of a strategy value, of a policy, or of a name of the catalogue. Raises ContractBroken."""
    return verdict(contract(find(strategy), hint))


def _of_kind(kind: str, method: Method) -> Method:
    if not isinstance(method, Method) or method.kind != kind:
        found = f"the {method.kind} {method.name!r}" if isinstance(method, Method) else repr(method)
        raise BadInput(f"a {kind} is wanted here, got {found}; decorate the function with @{kind}")
    return method


def subjects() -> Iterator[tuple[str, str, Method | Strategy]]:
    """Everything registered and every named strategy: (kind, name, value)."""
    for method in registry.methods():
        yield method.kind, method.name, method
    for name, (strategy, _) in NAMED.items():
        yield "strategy", name, strategy
