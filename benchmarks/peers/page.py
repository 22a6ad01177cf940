"""The page of results: a table by strategy, and the peers' bugs that were reproduced."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from benchmarks.peers.cases.common import Bug
from benchmarks.peers.compare import Verdict


@dataclass(frozen=True)
class Shown:
    """A bug with what the peer's call gave."""

    bug: Bug
    peer: str
    said: np.ndarray


_HEAD = """# The same picks as other libraries?

Written by `make peers`. Every library runs in an environment of its own, with the exact versions of
`benchmarks/peers/requirements`. Both sides get the same arrays: three random problems without ties and, where a method
gives scores, two full of equal rows and of probabilities of 0 and 1. Models are stood in for by tables, so that the
strategies alone are compared. A difference needs a named reason, and the reason is checked: our function brought to
their convention must give their answer on every problem. The command fails when it does not."""

_KIND = {
    "scores": "scores",
    "order": "ranking",
    "picks": "picks, in order",
    "set": "picks, as a set",
    "law": "law of the draw",
    "counts": "law of the draw",
}

NOT_COMPARED = (
    ("random sampling and sub-sampling (all)", "draws by lot: nothing to compare but the uniform law"),
    ("`DiscriminativeRepresentationLearning` (small-text)", "askwise does not have it"),
    (
        "`FourDs` (scikit-activeml)",
        "its classifier is a mixture fitted in its own way (variational, full covariances, on raw features); ours takes"
        " any classifier and fits diagonal Gaussians to standardised features",
    ),
    (
        "`RegressionTreeBasedAL` (scikit-activeml)",
        "what is left over when slots are shared among leaves is drawn by lot; ours gives each slot to the leaf where"
        " it lowers the error most",
    ),
    ("`ExpectedModelOutputChange` (scikit-activeml)", "askwise does not have it"),
    (
        "`information_density` (modAL)",
        "the mean similarity to the pool alone; here density is evidence that the caller or the pool gives, and"
        " information_density multiplies it with uncertainty",
    ),
    (
        "`SVM_binary_minimum` (modAL), random tie-break",
        "the farthest row in place of the nearest: see the bugs below",
    ),
    ("`RandomizedMinDistSum`, `SumOfSquaredDists`, `MaxDiag` (bmdal_reg)", "askwise does not have them"),
    ("several annotators a query (scikit-activeml)", "wrappers around a strategy; askwise chooses annotators in crowd"),
)


def page(verdicts: list[Verdict], shown: list[Shown], versions: dict[str, dict[str, str]]) -> str:
    """The whole page in Markdown."""
    equal = sum(v.outcome == "equal" for v in verdicts)
    methods = len({v.case.strategy for v in verdicts})
    libraries = ", ".join(f"{one['distribution']} {one['version']}" for one in versions.values())
    different = len(verdicts) - equal
    head = [_HEAD, "", f"{libraries}.", ""]
    head += [
        f"{len(verdicts)} comparisons of {methods} strategies: {equal} equal, {different} different for a reason.",
        "",
    ]
    ordered = sorted(verdicts, key=lambda v: (v.case.strategy, v.peer))
    rows = [
        ["strategy", "library", "its name", "compared", "result"],
        ["---"] * 5,
        *(_row(v, versions) for v in ordered),
    ]
    return "\n".join([*head, *(_line(row) for row in rows), "", *_rest(), "", *_bugs(shown, versions), ""])


def _row(verdict: Verdict, versions: dict[str, dict[str, str]]) -> list[str]:
    case = verdict.case
    compared = _KIND[case.kind] + (f": {case.note}" if case.note else "")
    told = "equal" if verdict.outcome == "equal" else f"{verdict.outcome}: {verdict.detail}"
    library = f"{versions[verdict.peer]['distribution']} {versions[verdict.peer]['version']}"
    return [case.strategy, library, f"`{case.call}`", compared, told]


def _rest() -> list[str]:
    return [
        "## Not compared",
        "",
        *(f"- {what}: {why}." for what, why in NOT_COMPARED),
    ]


def _bugs(shown: list[Shown], versions: dict[str, dict[str, str]]) -> list[str]:
    head = ["what is wrong", "library", "input", "it gives", "askwise"]
    rows = [
        [one.bug.title, versions[one.peer]["distribution"], one.bug.given, f"`{_short(one.said)}`", one.bug.ours]
        for one in shown
        if one.bug.shows(one.said)
    ]
    return [
        "## Bugs that these runs reproduce",
        "",
        "Besides those named in the table above.",
        "",
        *(_line(row) for row in [head, ["---"] * 5, *rows]),
    ]


def _short(said: np.ndarray) -> str:
    text = str(said.item()) if said.ndim == 0 else np.array2string(said, precision=3, separator=", ")
    return text if len(text) <= 90 else text[:87] + "..."


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
