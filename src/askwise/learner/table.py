"""Table and array encoders: column types found, imputation, one-hot, scaling."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import Rows
from askwise.learner.columns import Column, as_arrow, category_block, find_columns, number_block
from askwise.learner.encoded import Encoded
from askwise.learner.latent import directions, project


@dataclass
class TableEncoder:
    """Tables (Arrow, DataFrame, 2-D array) to float32 features (m, f), which are the embeddings too.

    Numbers: the median for missing values with a column that says so, then zero mean and unit variance.
    Categories: one-hot of at most `max_categories` values that at least `min_share` of the rows have; the
    others, and values never seen, share one column. `columns` says what was found, `dropped` what was not
    used and why.
    """

    max_categories: int = 30
    min_share: float = 0.005
    features_are_embeddings: ClassVar[bool] = True
    columns: list[Column] = field(default_factory=list, repr=False, compare=False)
    dropped: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _numbers: Any = field(default=None, repr=False, compare=False)
    _categories: Any = field(default=None, repr=False, compare=False)

    def fit(self, rows: Rows) -> TableEncoder:
        """Find the columns and learn their scales. Raises BadInput when no column says anything."""
        self._fit(as_arrow(rows))
        return self

    def fit_transform(self, rows: Rows) -> Encoded:
        """Learn and encode."""
        table = as_arrow(rows)
        self._fit(table)
        return self._encode(table)

    def transform(self, rows: Rows) -> Encoded:
        """Encode rows. Raises BadInput before `fit`, and for a column that is not there."""
        if not self.columns:
            raise BadInput("the table encoder has not been fitted; call fit(rows) on the pool first")
        return self._encode(as_arrow(rows))

    def _fit(self, table: Any) -> None:
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        self.columns, self.dropped = find_columns(table)
        if not self.columns:
            raise BadInput(f"no column can be used: {self.dropped}; give numbers, dates or repeated texts")
        kinds = {column.kind for column in self.columns}
        self._numbers = self._categories = None
        if "number" in kinds:
            impute = SimpleImputer(strategy="median", add_indicator=True)
            self._numbers = make_pipeline(impute, StandardScaler()).fit(number_block(table, self.columns))
        if "category" in kinds:
            one_hot = OneHotEncoder(
                min_frequency=max(2, int(self.min_share * table.num_rows)) if table.num_rows > 10 else 1,
                max_categories=self.max_categories,
                handle_unknown="infrequent_if_exist",
                sparse_output=False,
                dtype=np.float32,
            )
            self._categories = one_hot.fit(category_block(table, self.columns))

    def _encode(self, table: Any) -> Encoded:
        for column in self.columns:
            if column.name not in table.column_names:
                hint = did_you_mean(column.name, table.column_names)
                raise BadInput(f"column {column.name!r} is not in these rows.{hint}")
        blocks: list[NDArray[np.float32]] = []
        if self._numbers is not None:
            blocks.append(self._numbers.transform(number_block(table, self.columns)).astype(np.float32))
        if self._categories is not None:
            blocks.append(self._categories.transform(category_block(table, self.columns)))
        features = np.hstack(blocks)
        return Encoded(features, features)


@dataclass
class ArrayEncoder:
    """Arrays of numbers to features: dense ones as a table of numbers (NaN imputed, scaled; further axes
    flattened), sparse ones as they are with up to `dims` latent directions as embeddings."""

    dims: int = 128
    seed: int = 0
    _table: TableEncoder | None = field(default=None, repr=False, compare=False)
    _V: Any = field(default=None, repr=False, compare=False)

    @property
    def features_are_embeddings(self) -> bool:
        """True but for sparse arrays."""
        return self._V is None

    def fit(self, rows: Rows) -> ArrayEncoder:
        """Learn scales, or directions."""
        self._table = self._V = None
        if hasattr(rows, "tocsr"):
            self._V = directions(_finite(rows), self.dims, self.seed)
        else:
            self._table = TableEncoder().fit(_flat(rows))
        return self

    def fit_transform(self, rows: Rows) -> Encoded:
        """Learn and encode."""
        return self.fit(rows).transform(rows)

    def transform(self, rows: Rows) -> Encoded:
        """Encode rows of the kind that `fit` saw. Raises BadInput for the other kind, or before `fit`."""
        if self._V is not None and hasattr(rows, "tocsr"):
            csr = _finite(rows)
            return Encoded(csr, project(csr, self._V))
        if self._table is not None and not hasattr(rows, "tocsr"):
            return self._table.transform(_flat(rows))
        raise BadInput(f"the array encoder was not fitted on {type(rows).__name__}; call fit on the pool first")


def _flat(rows: Rows) -> NDArray[Any]:
    array = np.asarray(rows)
    if array.dtype.kind not in "fiub" or array.ndim < 2:
        raise BadInput(
            f"rows are {array.dtype} of shape {array.shape}; give numbers of shape (rows, features), or "
            "use kind='table'"
        )
    return array.reshape(array.shape[0], math.prod(array.shape[1:]))


def _finite(rows: Any) -> Any:
    csr = rows.tocsr().astype(np.float32)
    if not np.isfinite(csr.data).all():
        raise BadInput(f"the sparse array holds {csr.data[~np.isfinite(csr.data)][0]}; give finite numbers")
    return csr
