"""Array types that the whole package uses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""An array of any namespace (NumPy, torch, array-api-strict): scores are written against the array API."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
KeyArray: TypeAlias = NDArray[np.uint64]

Rows: TypeAlias = Any
"""Rows of a pool as a learner takes them: ndarray, CSR matrix, DataFrame or a list of texts."""
