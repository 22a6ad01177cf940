"""Real sessions with a control arm and a hidden test set: what the judge says can be compared with the truth."""

from __future__ import annotations

import itertools
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
TABLES = ("spambase", "letter", "satimage", "waveform_40", "pendigits", "splice", "german", "yeast")
TEXTS = ("trec6", "sms_spam", "cr")
STRATEGIES = ("random", "margin", "auto")


@dataclass(frozen=True)
class Plan:
    """One session: data set, strategy, batch, budget and seed; one query in `control` ones is drawn at random."""

    data: str
    strategy: str
    batch: int
    budget: int
    seed: int
    control: float


@dataclass(frozen=True)
class Run:
    """What came of it: after each batch (labels, test accuracy); (labels then, right?) of each control query.

    `rounds` are the models as a session's history has them; `full` is the test accuracy with every label of the pool.
    """

    plan: Plan
    curve: list[tuple[int, float]]
    outcomes: list[tuple[int, bool]]
    rounds: list[dict[str, Any]]
    full: float


def load(name: str) -> tuple[Any, Any, Any, Any, Any]:
    """Pool, its labels, test rows, their labels, and a maker of learners; texts are encoded once."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name in TEXTS:
        X, y, test, truth = _text(name)
    else:
        file = np.load(DATA / f"tab_{name}" / "features.npz")
        held = file["test_mask"]
        X, y, test, truth = file["X"][~held], file["y"][~held], file["X"][held], file["y"][held]
    scale = StandardScaler().fit(X)
    classes = np.unique(np.concatenate([y, truth]))
    return (
        scale.transform(X),
        np.searchsorted(classes, y),
        scale.transform(test),
        np.searchsorted(classes, truth),
        lambda: make_pipeline(LogisticRegression(max_iter=200)),
    )


def _text(name: str) -> tuple[Any, Any, Any, Any]:
    import pyarrow.parquet as pq
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    train, test = (pq.read_table(DATA / name / f"{part}.parquet") for part in ("train", "test"))
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    small = TruncatedSVD(100, random_state=0)
    X = small.fit_transform(words.fit_transform(train["text"].to_pylist()))
    held = small.transform(words.transform(test["text"].to_pylist()))
    return X, train["label"].to_numpy(), held, test["label"].to_numpy()


def perform(plan: Plan) -> Run:
    """Run one session to its budget."""
    import askwise as aw

    X, y, test, truth, make = load(plan.data)
    keep = np.random.default_rng(plan.seed).permutation(len(y))[:4000]
    X, y = X[keep].astype(np.float32), y[keep]
    classes = list(range(int(max(y.max(), truth.max())) + 1))
    oracle = aw.Oracle(y)
    session = aw.Session(
        pool=X,
        learner=make(),
        classes=classes,
        strategy=plan.strategy,
        budget=aw.Budget(answers=min(plan.budget, len(y) // 2)),
        control=plan.control,
        seed=plan.seed,
    )
    curve = []
    while queries := session.ask(plan.batch):
        session.tell(oracle(queries))
        probs = session.predict(test.astype(np.float32))
        assert probs is not None
        curve.append((len(session.labels), float((probs.argmax(axis=1) == truth).mean())))
    models = {one.number: one.labels for one in session.rounds}
    outcomes = [
        (models[query.why["model"]], bool(query.why["predicted"] == session.labels[query.row]))
        for query in session.queries.values()
        if query.arm == "control" and "predicted" in query.why
    ]
    full = make().fit(X, y)
    rounds = [asdict(one) for one in session.rounds]
    return Run(plan, curve, outcomes, rounds, float((full.predict(test.astype(np.float32)) == truth).mean()))


def plans(repeats: int = 2, control: float = 0.1) -> list[Plan]:
    """Every data set with every strategy, batches of 10 and 25."""
    cells = itertools.product((*TABLES, *TEXTS), STRATEGIES, (10, 25), range(repeats))
    # A seed of its own for each: the control arm's order would tie sessions of one seed together.
    return [
        Plan(data, strategy, batch, 16 * batch, seed, control) for seed, (data, strategy, batch, _) in enumerate(cells)
    ]


def gather(wanted: list[Plan], cache: Path | None = None, workers: int = 2) -> list[Run]:
    """Perform every plan, side by side; with a cache, only those that it lacks."""
    known: dict[str, Any] = {}
    if cache is not None and cache.exists():
        known = {json.dumps(one["plan"]): one for one in json.loads(cache.read_text())}
    todo = [plan for plan in wanted if json.dumps(asdict(plan)) not in known]
    with ProcessPoolExecutor(workers) as pool:
        for run in pool.map(perform, todo):
            known[json.dumps(asdict(run.plan))] = asdict(run)
            if cache is not None:
                cache.write_text(json.dumps(list(known.values())))
    found = [known[json.dumps(asdict(plan))] for plan in wanted]
    return [Run(Plan(**one["plan"]), one["curve"], one["outcomes"], one["rounds"], one["full"]) for one in found]
