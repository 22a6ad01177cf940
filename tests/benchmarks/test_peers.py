"""The verdicts of the comparison with other libraries, and that its cases speak of methods that exist."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from benchmarks.peers import environments
from benchmarks.peers.__main__ import COMPARED
from benchmarks.peers.compare import Case, judge
from benchmarks.peers.inputs import ALL, WORLDS, tied

from askwise import catalogue, crowd
from askwise.core import registry

WORLD = {"one": {"x": np.array([3.0, 1.0, 2.0])}}


def _case(kind: str, factor: float = 1.0, **more: object) -> Case:
    return Case("margin", "theirs", kind, lambda w: factor * w["x"], worlds=("one",), **more)  # type: ignore[arg-type]


def _outcome(case: Case, said: object, failed: bool = False) -> str:
    return judge(case, "peer", {"one": {"theirs!" if failed else "theirs": np.asarray(said)}}, WORLD).outcome


def test_equal_scores_are_equal_and_others_need_a_reason() -> None:
    assert _outcome(_case("scores"), [3.0, 1.0, 2.0]) == "equal"
    assert _outcome(_case("scores"), [3.0, 1.0, 2.1]) == "UNEXPLAINED"
    assert _outcome(_case("scores"), [3.0, 1.0]) == "UNEXPLAINED"
    assert _outcome(_case("scores"), [3.0, 1.0, np.nan]) == "UNEXPLAINED"


def test_a_reason_must_be_shown_and_must_still_be_needed() -> None:
    doubled = _case("scores", reason="theirs is doubled", shown=lambda w: 2.0 * w["x"])
    assert _outcome(doubled, [6.0, 2.0, 4.0]) == "differs"
    assert _outcome(doubled, [6.0, 2.0, 4.5]) == "UNEXPLAINED"
    assert _outcome(doubled, [3.0, 1.0, 2.0]) == "UNEXPLAINED"
    assert _outcome(_case("scores", reason="no reason"), [3.0, 1.0, 2.0]) == "UNEXPLAINED"


def test_a_failure_must_be_foreseen() -> None:
    assert _outcome(_case("scores"), "TypeError: no", failed=True) == "UNEXPLAINED"
    assert _outcome(_case("scores", fails="TypeError", reason="cannot"), "TypeError: no", failed=True) == "fails"
    assert _outcome(_case("scores", fails="ValueError", reason="cannot"), "TypeError: no", failed=True) == "UNEXPLAINED"
    assert _outcome(_case("scores", fails="TypeError", reason="cannot"), [3.0, 1.0, 2.0]) == "UNEXPLAINED"


@pytest.mark.parametrize(
    ("kind", "said", "outcome"),
    [
        ("order", [30.0, -1.0, 20.0], "equal"),
        ("order", [30.0, 20.0, 20.0], "UNEXPLAINED"),
        ("picks", [3.0, 1.0, 2.0], "equal"),
        ("picks", [1.0, 3.0, 2.0], "UNEXPLAINED"),
        ("set", [1.0, 2.0, 3.0], "equal"),
        ("set", [1.0, 2.0, 4.0], "UNEXPLAINED"),
    ],
)
def test_rankings_picks_and_sets(kind: str, said: list[float], outcome: str) -> None:
    assert _outcome(_case(kind), said) == outcome


def test_laws_are_compared_by_chi_square() -> None:
    def verdict(kind: str, counts: list[int], theirs: list[float]) -> str:
        case = Case("badge", "theirs", kind, lambda w: np.array(counts), worlds=("one",))
        return _outcome(case, theirs)

    assert verdict("law", [510, 290, 200], [0.5, 0.3, 0.2]) == "equal"
    assert verdict("law", [600, 200, 200], [0.5, 0.3, 0.2]) == "UNEXPLAINED"
    assert verdict("law", [999, 0, 1], [0.5, 0.5, 0.0]) == "UNEXPLAINED"
    assert verdict("counts", [510, 290, 200], [490, 310, 200]) == "equal"
    assert verdict("counts", [510, 290, 200], [400, 400, 200]) == "UNEXPLAINED"


@pytest.mark.parametrize("peer", COMPARED)
def test_cases_speak_of_methods_of_ours(peer: str) -> None:
    cases = importlib.import_module(f"benchmarks.peers.cases.{peer}").CASES
    kinds = ("score", "pick", "among", "stop")
    for case in cases:
        known = any(registry.has(kind, case.strategy) for kind in kinds) or case.strategy in catalogue.names()
        assert known or hasattr(crowd, case.strategy), case.strategy
        assert set(case.worlds) <= set(ALL)
    assert len({case.call for case in cases}) == len(cases)


def test_every_requirement_has_an_exact_version() -> None:
    for name in environments.names():
        lines = (environments.HERE / "requirements" / f"{name}.txt").read_text().splitlines()
        assert lines and all("==" in line for line in lines), name


def test_problems_are_the_same_every_time_and_the_tied_ones_are_tied() -> None:
    one, two = WORLDS["plain-0"](), WORLDS["plain-0"]()
    assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)
    world = tied(3)
    assert len(np.unique(world["embeddings"], axis=0)) < len(world["embeddings"])
    assert (world["probs"] == 0).any() and (world["probs"] == 1).any()
