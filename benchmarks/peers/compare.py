"""What is compared with what, and the verdict: equal, or different for a named reason that is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from benchmarks.peers.inputs import ALL, World
from scipy import stats

Ours = Callable[[World], np.ndarray]


@dataclass(frozen=True)
class Case:
    """One strategy of ours beside the same one of a peer.

    `kind`: "scores" (equal numbers), "order" (equal ranking), "picks" (equal rows in order), "set" (equal rows), "law"
    (theirs are probabilities, ours counts of draws or probabilities) or "counts" (both are counts of draws). With a
    `reason` the two must differ somewhere, and `shown`, our function brought to their convention, must equal theirs
    everywhere: so a reason that is wrong or has gone is found out. `fails` is the beginning of the message with which
    theirs fails. `of_theirs` makes of their answer (the input "theirs") what is compared.
    """

    strategy: str
    call: str
    kind: str
    ours: Ours
    reason: str = ""
    shown: Ours | None = None
    fails: str = ""
    worlds: tuple[str, ...] = ALL
    note: str = ""
    rtol: float = 1e-5
    atol: float = 1e-8
    of_theirs: Ours | None = None


@dataclass(frozen=True)
class Verdict:
    """How a case came out: "equal", "differs", "fails" or "UNEXPLAINED"."""

    case: Case
    peer: str
    outcome: str
    detail: str


def judge(
    case: Case, peer: str, theirs: Mapping[str, Mapping[str, np.ndarray]], worlds: Mapping[str, World]
) -> Verdict:
    """Hold our results against a peer's answers by world."""
    failures = {name: str(theirs[name][f"{case.call}!"]) for name in case.worlds if f"{case.call}!" in theirs[name]}
    answered = [name for name in case.worlds if name not in failures]
    if bool(failures) != bool(case.fails) or any(not text.startswith(case.fails) for text in failures.values()):
        return Verdict(case, peer, "UNEXPLAINED", f"their call fails: {sorted(set(failures.values()))}")
    if not answered:
        return Verdict(case, peer, "fails", case.reason)
    as_is = {name: _differ(case, case.ours, worlds[name], theirs[name][case.call]) for name in answered}
    apart = [f"{name}: {text}" for name, text in as_is.items() if text]
    if not case.reason:
        return Verdict(case, peer, "UNEXPLAINED" if apart else "equal", "; ".join(apart))
    if case.shown is None:
        return Verdict(
            case, peer, "differs" if apart else "UNEXPLAINED", case.reason if apart else "no difference left"
        )
    left = {name: _differ(case, case.shown, worlds[name], theirs[name][case.call]) for name in answered}
    wrong = [f"{name}: {text}" for name, text in left.items() if text]
    if not apart or wrong:
        return Verdict(case, peer, "UNEXPLAINED", "; ".join(wrong) or "no difference left: the reason has gone")
    return Verdict(case, peer, "differs", case.reason)


def _differ(case: Case, mine: Ours, world: World, theirs: np.ndarray) -> str:
    """Empty if equal in the sense of the kind, else in what they are not. Ours may look at "theirs" for a start."""
    ours = np.asarray(mine({**world, "theirs": theirs}))
    theirs = np.asarray(theirs) if case.of_theirs is None else np.asarray(case.of_theirs({**world, "theirs": theirs}))
    if case.kind != "set" and ours.shape != theirs.shape:
        return f"shapes {ours.shape} and {theirs.shape}"
    return _scores(ours, theirs, case.rtol, case.atol) if case.kind == "scores" else _KINDS[case.kind](ours, theirs)


def _scores(ours: np.ndarray, theirs: np.ndarray, rtol: float = 1e-5, atol: float = 1e-8) -> str:
    if np.allclose(ours, theirs, rtol=rtol, atol=atol):
        return ""
    worst = int(np.argmax(np.nan_to_num(np.abs(ours - theirs), nan=np.inf)))
    return f"value {worst}: {np.ravel(ours)[worst]:.6g} against {np.ravel(theirs)[worst]:.6g}"


def _order(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Pairs that both tell apart must be in the same order, and neither may tell apart what the other does not."""
    a = np.sign(np.round(ours[:, None] - ours[None], 9))
    b = np.sign(np.round(theirs[:, None] - theirs[None], 9))
    wrong = int((a != b).sum() // 2)
    return f"{wrong} of {len(ours) * (len(ours) - 1) // 2} pairs in another order" if wrong else ""


def _picks(ours: np.ndarray, theirs: np.ndarray) -> str:
    return "" if np.array_equal(ours, theirs) else f"{ours.tolist()} against {theirs.tolist()}"


def _set(ours: np.ndarray, theirs: np.ndarray) -> str:
    return _picks(np.unique(ours), np.unique(theirs))


def _law(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Chi-square of our counts under their probabilities, rare rows pooled; equality if ours are probabilities too."""
    if ours.dtype.kind == "f":
        return _scores(ours, theirs)
    expected = theirs / theirs.sum() * ours.sum()
    if (ours[expected == 0] > 0).any():
        return f"we draw {int(ours[expected == 0].sum())} times what they never draw"
    rare = expected < 5
    seen = np.append(ours[~rare], ours[rare].sum())
    due = np.append(expected[~rare], expected[rare].sum())
    keep = due > 0
    p = stats.chisquare(seen[keep], due[keep]).pvalue if keep.sum() > 1 else 1.0
    return "" if p > 1e-4 else f"chi-square p = {p:.1e}"


def _counts(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Chi-square of two samples; rare rows are pooled."""
    rare = ours + theirs < 10
    table = np.array([np.append(side[~rare], side[rare].sum()) for side in (ours, theirs)])
    table = table[:, table.sum(axis=0) > 0]
    p = stats.chi2_contingency(table).pvalue if table.shape[1] > 1 else 1.0
    return "" if p > 1e-4 else f"chi-square p = {p:.1e}"


_KINDS = {"order": _order, "picks": _picks, "set": _set, "law": _law, "counts": _counts}
