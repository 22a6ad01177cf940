"""Labels of a file: an object array, with the names that meta.json gives to whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.pool.base import is_arrow

ObjectArray = NDArray[np.object_]


def object_labels(column: Any) -> ObjectArray:
    """Return labels (n,) as Python strings, whole numbers, truth values, floats or None (not labelled).

    Raises BadInput for a list in place of a label (multi-label data).
    """
    values: list[Any] = column.to_pylist() if is_arrow(column) else np.asarray(column).tolist()
    out = np.empty(len(values), dtype=object)
    out[:] = values
    for row, value in enumerate(values):
        if value is not None and not isinstance(value, str | int | float):
            raise BadInput(f"the label at row {row} is {value!r}; one string or number is needed: name another column")
    return out


def named_labels(labels: ObjectArray, meta: Mapping[str, Any]) -> tuple[ObjectArray, tuple[str, ...] | None]:
    """Turn whole numbers into the `label_names` of meta.json; return labels and names, or None without names.

    Raises BadInput for a number that has no name.
    """
    names = meta.get("label_names")
    numbers = [label for label in labels if label is not None]
    if not isinstance(names, list) or not all(type(label) is int for label in numbers):
        return labels, None
    for row, label in enumerate(labels):
        if label is not None and not 0 <= label < len(names):
            raise BadInput(
                f"the label at row {row} is {label}, but meta.json names only 0..{len(names) - 1}; "
                "add its name to label_names, or correct the label"
            )
    out = np.empty(len(labels), dtype=object)
    out[:] = [None if label is None else str(names[label]) for label in labels]
    return out, tuple(str(name) for name in names)


def class_order(*parts: ObjectArray | None) -> tuple[Any, ...]:
    """Return the distinct labels of all parts, sorted; empty for floats, which are targets and no classes.

    >>> class_order(np.array(["b", "a"], dtype=object), np.array(["c", "a"], dtype=object))
    ('a', 'b', 'c')
    """
    seen = {label for part in parts if part is not None for label in part if label is not None}
    if any(isinstance(label, float) for label in seen):
        return ()
    return tuple(sorted(seen, key=lambda label: (isinstance(label, str), label)))
