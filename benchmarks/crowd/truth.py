"""Labels that sessions infer from real crowds, against gold labels: `python -m benchmarks.crowd.truth [FILE.md]`.

Needs ASKWISE_DATA with the data sets `ma_*`: answers of crowd workers, and gold labels of all or some items.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pyarrow import parquet

import askwise as aw
from askwise.session.belief import TRUTHS, Votes, believe

METHODS = tuple(one for one in TRUTHS if one not in ("crowdlab", "voices"))
"""CROWDLAB needs items that a model can read, and these are answers alone; `voices` has the majority's labels."""

MOST = 5_000
"""Answers beyond which crowd-kit's aggregators are left out: they take minutes."""

HEAD = """# Labels from crowds

Every answer of these crowds is told to a session with `truth=`; it settles, and its labels are compared with the
gold labels, on the items that have one. Nothing was tuned on them. Written by
`python -m benchmarks.crowd.truth docs/results/crowds.md`.

GLAD and MACE are crowd-kit's, left out above 5,000 answers, where they take minutes. Dawid-Skene and its one-coin form
are ours, with a prior of a tenth of an answer, and nine tenths more where it is right. The one-coin form takes the
classes to be equally frequent: with free class shares it named nearly every bluebird absent, and was right on 0.583 of
them, on 0.909 of `product`, and on the others within 0.003 of what stands here.
"""

SURE = """## How sure the labels are

Mean chance of the labels by method, on the same items: it should be the share that is right, above. For the majority
it is the share of the answers, which is no chance at all. Dawid and Skene's model takes answers to be independent
given the class; workers err together on items that are hard, so it is surer than it should be.
"""


@dataclass(frozen=True)
class Crowd:
    """One data set: answers (row, annotator, class), gold (class by row), and the number of rows and classes."""

    name: str
    answers: list[tuple[int, str, int]]
    gold: dict[int, int]
    classes: int

    @classmethod
    def read(cls, folder: Path) -> Crowd:
        """From a folder of the data."""
        said = parquet.read_table(folder / "labels.parquet").to_pydict()
        gold = parquet.read_table(folder / "gold.parquet").to_pydict()
        place = {item: row for row, item in enumerate(sorted(set(said["item"])))}
        answers = [
            (place[item], f"w{who}", int(label))
            for item, who, label in zip(said["item"], said["annotator"], said["label"], strict=True)
        ]
        known = {place[i]: int(c) for i, c in zip(gold["item"], gold["label"], strict=True) if i in place and c >= 0}
        classes = 1 + max([label for _, _, label in answers] + list(known.values()))
        return cls(folder.name.removeprefix("ma_"), answers, known, classes)

    def session(self) -> Any:
        """A session in which every answer was given, and Dawid and Skene's labels are in force."""
        rows = len({row for row, _, _ in self.answers})
        made = aw.Session(
            pool=np.arange(float(rows))[:, None],
            classes=range(self.classes),
            strategy="random",
            truth="dawid_skene",
            overlap=max(2, len(self.answers) // rows),
            guard=False,
        )
        made.tell([aw.Answer(row=row, label=label, annotator=who) for row, who, label in self.answers])
        made.settle()
        return made


def measure(crowd: Crowd) -> dict[str, Any]:
    """Accuracy and mean confidence by method, seconds of inference, and the agreement of the crowd."""
    found: dict[str, Any] = {"crowd": crowd, "right": {}, "sure": {}, "seconds": {}}
    with crowd.session() as session:
        votes, labels = Votes.of(session.state), session.labels
        found["alpha"] = session.agreement(draws=20).get("krippendorff_alpha", "nominal").found
    assert votes is not None
    gold = np.array([crowd.gold.get(row, -1) for row in votes.rows.tolist()])
    known = gold >= 0
    for truth in METHODS if len(crowd.answers) <= MOST else METHODS[:3]:
        started = time.perf_counter()
        belief = believe(votes, truth)
        found["seconds"][truth] = time.perf_counter() - started
        found["right"][truth] = float((belief.labels == gold)[known].mean())
        found["sure"][truth] = float(belief.chance[np.arange(len(gold)), belief.labels][known].mean())
        if truth == "dawid_skene":
            assert [labels[row] for row in votes.rows.tolist()] == belief.labels.tolist()
    print(crowd.name, {name: f"{value:.3f}" for name, value in found["right"].items()}, found["seconds"], flush=True)
    return found


def table(found: list[dict[str, Any]], what: str) -> list[str]:
    """Lines of a table of one thing by method; the best of each line is bold where more is better."""
    lines = [f"| data | items with gold | classes | answers an item | alpha | {' | '.join(METHODS)} |"]
    lines.append("| --- |" + " ---: |" * (4 + len(METHODS)))
    for one in found:
        crowd, best = one["crowd"], max(one[what].values())
        each = len(crowd.answers) / len({row for row, _, _ in crowd.answers})
        shown = {m: f"{value:.3f}" for m, value in one[what].items()}
        if what == "right":
            shown |= {m: f"**{text}**" for m, text in shown.items() if one[what][m] == best}
        cells = [shown.get(m, "–") for m in METHODS]
        facts = [crowd.name, f"{len(crowd.gold):,}", str(crowd.classes), f"{each:.1f}", f"{one['alpha'].value:.2f}"]
        lines.append(f"| {' | '.join([*facts, *cells])} |")
    return lines


def main() -> None:
    """Measure all crowds and print, or write, the page."""
    warnings.simplefilter("ignore")
    folder = Path(os.environ["ASKWISE_DATA"])
    found = [measure(Crowd.read(one)) for one in sorted(folder.glob("ma_*"))]
    page = [HEAD, *table(found, "right"), "", SURE, *table(found, "sure"), ""]
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text("\n".join(page), "utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
