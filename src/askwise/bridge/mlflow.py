"""A session as an MLflow run: its metrics over the number of labels, told again from the log as often as one likes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event

KEY = "askwise.session"
UPTO = "askwise.upto"
"""Tags of a run: which session it is of, and the last event that it has been told of."""

BATCH = 500
"""Metrics sent at once; MLflow takes up to a thousand."""

LONGEST = 500
"""Characters of a parameter."""


@dataclass(frozen=True)
class Point:
    """One value of a metric when there were so many labels, at a Unix time; `seq` is the event that it comes from."""

    name: str
    value: float
    labels: int
    at: float
    seq: int


@dataclass(frozen=True)
class Tracked:
    """What became of a session in MLflow: the run's id, whether it is new, and how many values were sent."""

    run: str
    new: bool
    sent: int


def points(events: Iterator[Event], after: int = 0) -> Iterator[Point]:
    """Every number that models and measurements have brought, by label count: of events after a number only.

    >>> body = {"labels": 20, "model": 1, "estimate": {"accuracy": {"value": 0.8, "low": 0.7, "n": 20}}}
    >>> [(one.name, one.value, one.labels) for one in points(iter([Event("measured", body, seq=3)]))][:2]
    [('estimate.accuracy.value', 0.8, 20), ('estimate.accuracy.low', 0.7, 20)]
    """
    for event in events:
        if event.kind in ("refit", "measured") and event.seq > after:
            told = {
                name: value for name, value in event.body.items() if name not in ("labels", "model", "upto", "query")
            }
            for name, value in _numbers(told):
                yield Point(name, value, int(event.body["labels"]), event.at, event.seq)


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            # Measures of a model stand beside it: their own names say enough.
            yield from _numbers(inner, name if key == "measures" else f"{name}.{key}" if name else str(key))
    elif isinstance(value, int | float) and math.isfinite(value):
        yield name, float(value)


def parameters(config: Mapping[str, Any]) -> dict[str, str]:
    """What a session was made with, as short texts."""
    told = ("askwise", "strategy", "start", "learner", "seed", "budget", "control", "refit", "overlap", "guard")
    found = {name: str(config[name]) for name in told if name in config}
    found |= {"task": str(config["task"]["kind"]), "classes": str(len(config["classes"]))}
    return {name: value[:LONGEST] for name, value in {**found, "rows": str(config["pool"]["n"])}.items()}


def track(record: Any, uri: str, experiment: str = "askwise", name: str = "") -> Tracked:
    """Tell MLflow at `uri` of a session: one run, found again by a tag, and told only what is new.

    `record` is a session or a record of one. Its x axis (``step``) is the number of labels. Raises BadInput without
    mlflow, StoreError where the tracking server or folder refuses.
    """
    try:
        from mlflow.entities import Metric, Param, RunTag
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise BadInput(
            "mlflow is not installed here: pip install mlflow-skinny (it is not a part of askwise)"
        ) from error
    events = list(record.events())
    key = f"{events[0].key}/{events[0].at!r}"
    try:
        client = MlflowClient(tracking_uri=uri)
        run, new = _run(client, experiment, key, name)
        after = int(run.data.tags.get(UPTO, 0))
        found = list(points(iter(events), after))
        metrics = [Metric(one.name, one.value, int(one.at * 1000), one.labels) for one in found]
        known = [Param(label, value) for label, value in parameters(record.config).items()] if new else []
        if known:
            client.log_batch(run.info.run_id, params=known)
        for start in range(0, len(metrics), BATCH):
            client.log_batch(run.info.run_id, metrics=metrics[start : start + BATCH])
        client.log_batch(run.info.run_id, tags=[RunTag(UPTO, str(events[-1].seq))])
        client.set_terminated(run.info.run_id, "FINISHED" if record.finished else "RUNNING")
    except MlflowException as error:
        raise StoreError(f"MLflow at {uri!r} refuses: {error}; check the address and the experiment") from error
    return Tracked(run.info.run_id, new, len(metrics))


def _run(client: Any, experiment: str, key: str, name: str) -> tuple[Any, bool]:
    known = client.get_experiment_by_name(experiment)
    place = known.experiment_id if known is not None else client.create_experiment(experiment)
    found = client.search_runs([place], filter_string=f"tags.`{KEY}` = '{key}'", max_results=1)
    if found:
        return found[0], False
    return client.create_run(place, tags={KEY: key}, run_name=name or None), True
