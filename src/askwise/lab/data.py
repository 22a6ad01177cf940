"""Data sets of a suite: by name, from scikit-learn, from a file; made smaller, imbalanced or open."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import Noise, row_keys
from askwise.lab.bench import some_rows, task_of
from askwise.lab.cell import check_whole
from askwise.lab.label_sets import read_label_sets
from askwise.lab.masked import Asked, read_masked
from askwise.lab.oracle import Crowd, Given
from askwise.lab.oracle_spec import PARTED, OracleSpec
from askwise.lab.tagged import read_tagged
from askwise.pool import Dataset, OpenedFile, as_pool, open_dataset
from askwise.pool.choose import Columns
from askwise.pool.files import existing, read_meta, read_table
from askwise.pool.labels import class_order, named_labels, object_labels

SKLEARN = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""Sets that ship with scikit-learn; a set of the same name in ASKWISE_DATA goes first."""

_COLUMNS = ("text", "label", "features", "images")


@dataclass(frozen=True)
class DataSpec:
    """Which rows of which data set: a name, a path or a `Dataset`, and what is done to it before a run.

    `rows` and `test_rows` draw that many of the pool and of the test part at random. `keep` makes it imbalanced: for a
    class its share (up to 1.0) or number of pool rows kept. `unknown` classes stay in the pool, but nobody can label
    them, and they are not tested. `foreground` names the classes that are sought (all but the commonest if left out).
    `budget` and `oracles` replace the suite's. `text`, `label`, `features` and `images` name columns of a file. Of data
    with masks, `pixels` says how many of each image are asked ("all": the whole mask), `side` how many cells the longer
    side of an image has for the learner.
    """

    name: str
    data: Any
    columns: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    test_rows: int | None = None
    keep: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    foreground: tuple[str, ...] = ()
    budget: Any = None
    oracles: tuple[OracleSpec, ...] = ()
    pixels: int | str = 10
    side: int = 64

    def __post_init__(self) -> None:
        Asked(self.pixels, self.side)

    @property
    def asked(self) -> Asked:
        """What is asked of an image."""
        return Asked(self.pixels, self.side)

    @classmethod
    def of(cls, given: Any, folder: Path | None = None) -> DataSpec:
        """From a name or path, or a table with these names (`data` is the name or path, `name` what to call it)."""
        if isinstance(given, DataSpec):
            return given
        if isinstance(given, str):
            given = {"data": given}
        if not isinstance(given, Mapping) or "data" not in given:
            raise BadInput(f"the data set {given!r} names no data; give a name, a path, or a table with `data`")
        known = {*_COLUMNS, *(one.name for one in fields(cls) if one.name != "columns")}
        for key in given:
            if key not in known:
                raise BadInput(f"a data set has no setting {key!r}.{did_you_mean(str(key), known)}")
        _check_numbers(given)
        rest = {
            key: _frozen(value) for key, value in given.items() if key not in (*_COLUMNS, "data", "name", "oracles")
        }
        told = given.get("oracles", ())
        rest["oracles"] = tuple(OracleSpec.of(one) for one in (told if isinstance(told, list | tuple) else [told]))
        data = _placed(given["data"], folder)
        name = str(given.get("name") or _called(data))
        return cls(name, data, {key: given[key] for key in _COLUMNS if key in given}, **rest)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: what differs from the defaults; a data set in memory is known by its name."""
        data = self.data if isinstance(self.data, str) else "in memory"
        rest = {one: getattr(self, one) for one in ("rows", "test_rows", "keep", "unknown", "foreground", "budget")}
        out = {"name": self.name, "data": data, **self.columns, **{k: v for k, v in rest.items() if v}}
        out |= {} if self.asked == Asked() else {"pixels": self.pixels, "side": self.side}
        return out | ({"oracles": [one.to_dict() for one in self.oracles]} if self.oracles else {})


def _check_numbers(given: Mapping[str, Any]) -> None:
    for key in ("rows", "test_rows"):
        if key in given and given[key] is not None:
            check_whole(f"{key} of data set {given.get('name') or given['data']!r}", given[key], 1)
    keep = given.get("keep", {})
    if not isinstance(keep, Mapping):
        raise BadInput(f"keep={keep!r} is no table; give shares or numbers by class, such as {{spam = 0.1}}")
    for name, amount in keep.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise BadInput(f"keep={amount!r} of class {name!r}; give a share up to 1.0, or a number of rows")


def _frozen(value: Any) -> Any:
    return tuple(str(one) for one in value) if isinstance(value, list) else value


def _placed(data: Any, folder: Path | None) -> Any:
    """A path as it is, or beside the suite that names it."""
    if isinstance(data, str) and folder is not None and not Path(data).exists() and (folder / data).exists():
        return str(folder / data)
    return data


def _called(data: Any) -> str:
    if isinstance(data, str | Path):
        return Path(str(data)).stem if Path(str(data)).suffix else Path(str(data)).name
    raise BadInput("a data set in memory needs a name; give DataSpec(name, data)")


@dataclass(frozen=True)
class Loaded:
    """A data set as a run takes it: rows with labels, the classes that can be answered, what real annotators said.

    `crowd` holds the answers by row id; `task` is 'choice', 'number', 'multilabel', 'span' or 'pixel'.
    """

    dataset: Dataset
    task: str
    crowd: Mapping[Any, Sequence[Given]] | None = None


def load(spec: DataSpec, seed: int = 0) -> Loaded:
    """Read a data set and do to it what its spec says. Raises BadInput for what is not there or cannot be done."""
    dataset, crowd = _read(spec)
    dataset = _cut(dataset, spec, seed)
    return Loaded(dataset, task_of(dataset), crowd)


def _read(spec: DataSpec) -> tuple[Dataset, Mapping[Any, Sequence[Given]] | None]:
    if isinstance(spec.data, Dataset):
        return spec.data, None
    path = _path(str(spec.data))
    if path is None:
        return _from_sklearn(str(spec.data)), None
    if (path / "labels.parquet").exists():
        return _with_annotators(path)
    return open_labelled(path, **spec.columns), None


def open_labelled(path: str | Path, **columns: Any) -> Dataset:
    """The data set of a file or folder, whatever its labels are: classes, numbers, several classes, spans or masks.

    `columns` name those of a file whose labels are classes or numbers, as `open_dataset` takes them. Raises BadInput
    for what cannot be read.
    """
    place = existing(path)
    if not any(columns.values()):
        parts = (read_label_sets(place) if place.is_dir() else None) or read_tagged(place) or read_masked(place)
        if parts is not None:
            return parts
    return open_dataset(place, **columns)


def _path(name: str) -> Path | None:
    """Where the data set lies: a path, a folder in ASKWISE_DATA, or None for one of scikit-learn's."""
    home = os.environ.get("ASKWISE_DATA")
    places = [Path(name)] + ([Path(home) / name] if home else [])
    found = next((place for place in places if place.exists()), None)
    if found is not None:
        return found
    if name in SKLEARN:
        return None
    there = sorted(p.name for p in Path(home).iterdir() if p.is_dir()) if home and Path(home).is_dir() else []
    where = f"in ASKWISE_DATA ({home})" if home else "(ASKWISE_DATA is not set, which names the folder of data sets)"
    hint = did_you_mean(name, [*there, *SKLEARN])
    raise BadInput(f"there is no data set {name!r}, neither as a path nor {where}.{hint if 'mean' in hint else ''}")


def _from_sklearn(name: str) -> Dataset:
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    labels = object_labels(y)
    return Dataset(OpenedFile(as_pool(X), labels, None, (), Columns()), None, class_order(labels))


def _with_annotators(path: Path) -> tuple[Dataset, dict[Any, list[Given]]]:
    """Texts with what many annotators said of them, and the gold labels as the truth."""
    if not (path / "items.parquet").exists():
        raise BadInput(
            f"{path.name!r} has the answers of its annotators but not what they saw (no items.parquet), so no model can"
            " be trained on it; use one with items, such as ma_rte"
        )
    meta = read_meta(path / "gold.parquet")
    items, gold = read_table(path / "items.parquet"), read_table(path / "gold.parquet")
    texts = [name for name in ("text", "hypothesis") if name in items.column_names]
    joined = [" ".join(parts) for parts in zip(*(items.column(one).to_pylist() for one in texts), strict=True)]
    ids = items.column("item").to_numpy()
    of_item = dict(zip(gold.column("item").to_pylist(), gold.column("label").to_pylist(), strict=True))
    labels, names = named_labels(object_labels([of_item[one] for one in ids.tolist()]), meta)
    opened = OpenedFile(as_pool(joined, ids), labels, names, tuple(items.column_names), Columns(text="text"))
    return Dataset(opened, None, names or class_order(labels)), _answers(path, meta, names)


def _answers(path: Path, meta: Mapping[str, Any], names: Sequence[str] | None) -> dict[Any, list[Given]]:
    table = read_table(path / "labels.parquet")
    said, _ = named_labels(object_labels(table.column("label")), meta if names else {})
    n = table.num_rows
    seconds = table.column("seconds").to_pylist() if "seconds" in table.column_names else [None] * n
    out: dict[Any, list[Given]] = {}
    who = table.column("annotator").to_pylist()
    for item, one, label, took in zip(table.column("item").to_pylist(), who, said, seconds, strict=True):
        out.setdefault(item, []).append((f"annotator {one}", label, took))
    return out


def crowd_of(loaded: Loaded, ids: Any) -> Crowd | None:
    """The real answers for pool rows with these ids. Raises BadInput for a row that nobody answered."""
    if loaded.crowd is None:
        return None
    given = [loaded.crowd.get(one, ()) for one in ids.tolist()]
    nobody = next((one for one, said in zip(ids.tolist(), given, strict=True) if not said), None)
    if nobody is not None:
        raise BadInput(f"no annotator answered item {nobody!r}; take it out of items.parquet")
    return Crowd(given)


def _cut(dataset: Dataset, spec: DataSpec, seed: int) -> Dataset:
    """Fewer rows, rarer classes, unknown classes."""
    _check_classes(dataset, spec)
    train = _thinned(dataset.train, spec, seed)
    train = _some(train, spec.rows, seed)
    test = dataset.test if dataset.test is None else _some(dataset.test, spec.test_rows, seed)
    classes = tuple(one for one in dataset.classes if str(one) not in spec.unknown)
    return replace(dataset, train=train, test=test, classes=classes)


def _check_classes(dataset: Dataset, spec: DataSpec) -> None:
    known = [str(one) for one in dataset.classes]
    if task_of(dataset) in ("multilabel", *PARTED) and (spec.keep or spec.unknown or spec.foreground):
        raise BadInput(
            f"several classes apply to a row of {spec.name!r}, so keep, unknown and foreground do not; leave out"
        )
    if task_of(dataset) != "pixel" and spec.asked != Asked():
        raise BadInput(
            f"data set {spec.name!r} has no masks, but pixels={spec.pixels!r}, side={spec.side}; leave both out"
        )
    for what, names in (("keep", spec.keep), ("unknown", spec.unknown), ("foreground", spec.foreground)):
        for name in names:
            if str(name) not in known:
                hint = did_you_mean(str(name), known) if known else " It has numbers, no classes."
                raise BadInput(f"{what} of data set {spec.name!r} names {name!r}, which is no class of it.{hint}")
    if spec.unknown and len(known) - len(spec.unknown) < 2:
        raise BadInput(f"data set {spec.name!r} has fewer than two known classes left; name fewer as unknown")


def _labels(part: OpenedFile) -> list[Any]:
    return [] if part.labels is None else list(part.labels)


def _thinned(part: OpenedFile, spec: DataSpec, seed: int) -> OpenedFile:
    """Of some classes only a share or a number of rows."""
    if not spec.keep:
        return part
    labels = np.array([str(label) for label in _labels(part)])
    order = np.argsort(Noise(seed, row_keys(part.pool.ids)).bits("keep"), kind="stable")
    stays = np.ones(len(labels), dtype=bool)
    for name, amount in spec.keep.items():
        mine = order[labels[order] == str(name)]
        count = round(amount * len(mine)) if isinstance(amount, float) and amount <= 1.0 else int(amount)
        if not 1 <= count <= len(mine):
            raise BadInput(
                f"keep={amount!r} of class {name!r} leaves {count} of its {len(mine)} rows in {spec.name!r}; give a"
                " share up to 1.0, or a number of rows that it has"
            )
        stays[mine[count:]] = False
    return some_rows(part, np.flatnonzero(stays))


def _some(part: OpenedFile, count: int | None, seed: int) -> OpenedFile:
    if count is None or count >= len(part.pool):
        return part
    order = np.argsort(Noise(seed, row_keys(part.pool.ids)).bits("rows"), kind="stable")
    return some_rows(part, np.sort(order[:count]))
