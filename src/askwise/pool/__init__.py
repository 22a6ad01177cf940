"""Pool adapters: arrays, memory map, DataFrame, files by Arrow, folder of images."""

from __future__ import annotations

from askwise.pool.adopt import as_pool
from askwise.pool.array import ArrayPool
from askwise.pool.base import BasePool, unique_ids
from askwise.pool.dataset import Dataset, open_dataset
from askwise.pool.fingerprint import Changed, Difference, Extended, Same, compare, fingerprint
from askwise.pool.frame import FramePool
from askwise.pool.images import ImageFolder, ImagePool
from askwise.pool.opening import OpenedFile, open_pool
from askwise.pool.several import SeveralPool, open_several
from askwise.pool.text import TextPool
from askwise.pool.vectors import open_vectors

__all__ = [
    "ArrayPool",
    "BasePool",
    "Changed",
    "Dataset",
    "Difference",
    "Extended",
    "FramePool",
    "ImageFolder",
    "ImagePool",
    "OpenedFile",
    "Same",
    "SeveralPool",
    "TextPool",
    "as_pool",
    "compare",
    "fingerprint",
    "open_dataset",
    "open_pool",
    "open_several",
    "open_vectors",
    "unique_ids",
]
