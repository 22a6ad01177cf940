"""Results as Parquet: three long tables with a version. Their columns are the contract of whoever reads results.

``cells.parquet`` has a line for each run, ``rounds.parquet`` one for each measured model, ``picks.parquet`` one for
each row that was asked or told; ``cell`` joins them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from askwise.core.errors import StoreError
from askwise.lab.measures import MEASURES

FORMAT = 1
NAMES = ("cells", "rounds", "picks")

_TEXT, _WHOLE, _NUMBER = "string", "int64", "float64"

CELLS: Mapping[str, tuple[str, str]] = {
    "cell": (_TEXT, "name of the run: a digest of all that decides what comes of it"),
    "suite": (_TEXT, "name of the suite"),
    "dataset": (_TEXT, "name of the data set"),
    "learner": (_TEXT, "name of the learner in the suite"),
    "chosen_with": (_TEXT, "where this learner took over labels: the learner that chose the rows, else null"),
    "strategy": (_TEXT, "name of the strategy, or of a reference arm"),
    "role": (_TEXT, "strategy, random, full (model of all labels) or bound (best order that a search found)"),
    "batch": (_WHOLE, "rows asked in a round"),
    "initial": (_TEXT, "set of rows that every strategy of a seed starts from"),
    "oracle": (_TEXT, "name of the simulated annotators"),
    "repeat": (_WHOLE, "number of the seed, from 0; equal repeats are paired"),
    "seed": (_WHOLE, "seed of the session"),
    "split": (_WHOLE, "seed of the test split"),
    "status": (_TEXT, "done or failed"),
    "error": (_TEXT, "type and message of what went wrong, else null"),
    "traceback": (_TEXT, "where it went wrong, else null"),
    "task": (_TEXT, "choice, number, multilabel, span or pixel"),
    "measure": (_TEXT, "what the suite is about: a column of rounds"),
    "model": (_TEXT, "encoder and estimator with their settings"),
    "pool_rows": (_WHOLE, "rows that may be asked"),
    "test_rows": (_WHOLE, "rows that models are measured on"),
    "classes": (_WHOLE, "number of classes, 0 for numbers"),
    "finished": (_TEXT, "why the session stopped"),
    "spent_answers": (_NUMBER, "answers given"),
    "spent_cost": (_NUMBER, "what they cost"),
    "spent_seconds": (_NUMBER, "seconds that annotators took"),
    "wall_seconds": (_NUMBER, "seconds of choosing, fitting and measuring"),
    "peak_mb": (_NUMBER, "memory of the process at its highest during the run, in MiB"),
    "versions": (_TEXT, "versions of Python, askwise and the packages that decide numbers, as JSON"),
}

ROUNDS: Mapping[str, tuple[str, str]] = {
    "cell": (_TEXT, "the run"),
    "round": (_WHOLE, "number of the measurement, from 0"),
    "chosen_by": (_TEXT, "strategy that chose the last batch, or initial"),
    "reason": (_TEXT, "why a policy chose it"),
    "labels": (_WHOLE, "labelled rows"),
    "answers": (_NUMBER, "answers so far"),
    "cost": (_NUMBER, "what they cost so far"),
    "annotation_seconds": (_NUMBER, "seconds that annotators took so far"),
    "foreground": (_WHOLE, "labels of the classes that are sought so far, else null"),
    "choose_seconds": (_NUMBER, "seconds of choosing the last batch"),
    "fit_seconds": (_NUMBER, "seconds of fitting this model; next to nothing where the fit was shared"),
    "seconds": (_NUMBER, "seconds since the last measurement: choosing, fitting, measuring"),
    **{name: (_NUMBER, f"{one.title}, else null") for name, one in MEASURES.items()},
}

PICKS: Mapping[str, tuple[str, str]] = {
    "cell": (_TEXT, "the run"),
    "position": (_WHOLE, "place in the order in which rows were asked, from 0"),
    "round": (_WHOLE, "round in which the row was asked; 0 for rows that were told"),
    "arm": (_TEXT, "strategy, control or initial"),
    "score": (_NUMBER, "the strategy's score, else null"),
    "row": (_WHOLE, "position in the pool"),
    "id": (_TEXT, "id of the row"),
    "label": (_TEXT, "label that it has in the end, null if nobody could tell"),
    "truth": (_TEXT, "true label"),
    "answers": (_WHOLE, "answers to this row"),
    "cost": (_NUMBER, "price of the row"),
    "seconds": (_NUMBER, "seconds that annotators took for it"),
}

COLUMNS: Mapping[str, Mapping[str, tuple[str, str]]] = {"cells": CELLS, "rounds": ROUNDS, "picks": PICKS}
"""Of each table: column -> (type, meaning)."""


def table(name: str, lines: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> Any:
    """An Arrow table of lines; what a line lacks is null. `about` and the format go into its metadata."""
    import pyarrow as pa

    kinds = _kinds()
    schema = pa.schema(
        [pa.field(column, kinds[kind]) for column, (kind, _) in COLUMNS[name].items()],
        metadata={"askwise.results": str(FORMAT), "askwise.suite": json.dumps(about)},
    )
    known = COLUMNS[name]
    return pa.Table.from_pylist([{k: v for k, v in line.items() if k in known} for line in lines], schema=schema)


def _kinds() -> Mapping[str, Any]:
    """Arrow's types for ours."""
    import pyarrow as pa

    return {_TEXT: pa.string(), _WHOLE: pa.int64(), _NUMBER: pa.float64()}


def write(folder: Path, tables: Mapping[str, Any]) -> None:
    """Write the tables, each aside and then renamed, so that a reader finds a whole one. Raises StoreError."""
    from pyarrow import parquet

    for name, one in tables.items():
        place = folder / f"{name}.parquet"
        aside = place.with_suffix(".parquet.new")
        try:
            parquet.write_table(one, aside, compression="zstd")
            aside.replace(place)
        except OSError as fault:
            raise StoreError(
                f"{str(place)!r} cannot be written: {fault}; make room, or choose another folder"
            ) from fault


def read(folder: Path) -> dict[str, Any]:
    """The three tables of a folder; columns that were added since they were written are null.

    Raises StoreError for one that is missing, damaged, or of another format.
    """
    import pyarrow as pa
    from pyarrow import parquet

    found = {}
    for name in NAMES:
        place = folder / f"{name}.parquet"
        if not place.is_file():
            raise StoreError(f"{str(folder)!r} holds no {name}.parquet; run the suite into it: askwise lab run")
        try:
            found[name] = parquet.read_table(place)
        except (pa.ArrowException, OSError) as fault:
            raise StoreError(f"{str(place)!r} is damaged ({fault}); run the suite again, it resumes") from fault
        version = (found[name].schema.metadata or {}).get(b"askwise.results", b"none").decode()
        if version != str(FORMAT):
            raise StoreError(
                f"{str(place)!r} holds results of format {version}; this version of askwise reads {FORMAT}: run the"
                " suite again, or read it with the version that wrote it"
            )
        found[name] = _completed(name, found[name])
    return found


def _completed(name: str, table: Any) -> Any:
    """The table with all columns of today, in their order."""
    import pyarrow as pa

    for column, (kind, _) in COLUMNS[name].items():
        if column not in table.column_names:
            table = table.append_column(pa.field(column, _kinds()[kind]), pa.nulls(table.num_rows, _kinds()[kind]))
    return table.select(list(COLUMNS[name]))
