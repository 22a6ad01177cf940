"""Images with masks as data of an experiment: the class of every pixel, files that hold it, what it is measured by."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.learner.pixels import grid
from askwise.pool import Dataset, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.pool.files import read_meta, read_table
from askwise.pool.images import ImageFolder, size

VOID = -1
"""Class of pixels that nobody can name, and that are not measured."""

_VOID_VALUE = 255
"""Void in masks without meta.json, as Pascal VOC has it."""


@dataclass(frozen=True)
class Asked:
    """What is asked of an image: the classes of so many `pixels`, or of "all": of every cell of a grid whose longer
    side has `side` cells. `side` is the learner's, too.

    Raises BadInput for what is neither.
    """

    pixels: int | str = 10
    side: int = 64

    def __post_init__(self) -> None:
        whole = isinstance(self.pixels, int) and not isinstance(self.pixels, bool) and self.pixels >= 1
        if not whole and self.pixels != "all":
            raise BadInput(
                f"pixels={self.pixels!r} of each image; give a number from 1 on, or 'all' for the whole mask"
            )
        if not isinstance(self.side, int) or isinstance(self.side, bool) or self.side < 2:
            raise BadInput(f"side={self.side!r} cells of an image; give a number from 2 on, such as 64")


@dataclass(frozen=True)
class Masked:
    """The true label of an image: an encoded mask (PNG) of pixel values, and the class index of each value.

    `classes` has `VOID` for a value that means nothing.
    """

    kind: ClassVar[str] = "pixel"
    data: bytes
    classes: tuple[int, ...]

    @classmethod
    def of(cls, classes: Any) -> Masked:
        """From class indices (lines, columns); those below 0 are void."""
        from PIL import Image

        given = np.asarray(classes)
        out = io.BytesIO()
        Image.fromarray(np.where(given < 0, _VOID_VALUE, given).astype(np.uint8)).save(out, "PNG")
        return cls(out.getvalue(), (*range(_VOID_VALUE), VOID))

    def map(self) -> IntArray:
        """Class index of every pixel (lines, columns), `VOID` where nobody can say. Raises BadInput for no mask."""
        values = _values(self.data)
        if values.max(initial=0) >= len(self.classes):
            raise BadInput(
                f"a mask holds the value {values.max()}, and {len(self.classes)} are named; name it, or void"
            )
        found: IntArray = np.array(self.classes, dtype=np.int64)[values]
        return found

    def regions(self) -> IntArray:
        """Number of the region of every pixel (lines, columns): connected pixels (4 neighbours) of one class."""
        from scipy import ndimage

        classes, count = self.map(), 0
        out = np.zeros(classes.shape, dtype=np.int64)
        for one in np.unique(classes):
            found, many = ndimage.label(classes == one)
            out[found > 0] = found[found > 0] + (count - 1)
            count += many
        return out

    @property
    def size(self) -> tuple[int, int]:
        """Lines and columns."""
        found = size(self.data)
        if not found:
            raise BadInput(f"a mask of {len(self.data)} bytes is no image; give a PNG of classes")
        return found["height"], found["width"]

    def plain(self) -> Any:
        """JSON-able: what the name of a run rests on."""
        return [self.data.hex(), list(self.classes)]

    def centres(self, side: int) -> IntArray:
        """Line and column (k, 2) of the pixel in the middle of each cell of the grid."""
        lines, columns = self.size
        y, x = _middles(grid(columns, lines, side), (lines, columns))
        return np.stack([one.ravel() for one in np.meshgrid(y, x, indexing="ij")], axis=1)


def _middles(cells: Sequence[int], sizes: Sequence[int]) -> list[IntArray]:
    """Along each axis, the positions in the middle of its cells."""
    return [(2 * np.arange(many) + 1) * size // (2 * many) for many, size in zip(cells, sizes, strict=True)]


def _values(data: bytes) -> IntArray:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            values = np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as fault:
        raise BadInput(
            f"a mask of {len(data)} bytes is no image ({fault}); give a PNG with a class at each pixel"
        ) from fault
    if values.ndim != 2 or values.dtype.kind not in "iub":
        raise BadInput(
            f"a mask of shape {values.shape} has no one value a pixel; save it as grey or by palette, not RGB"
        )
    return values.astype(np.int64)


class MaskTruth:
    """True classes of test images as counts in the cells of a grid: with them measures are those of all pixels.

    A prediction has one class in a cell, so counting the cell's true pixels of each class loses nothing.
    """

    kind = "pixel"

    def __init__(self, labels: Iterable[Masked], classes: int, side: int) -> None:
        given = list(labels)
        self.grids = [grid(*one.size[::-1], side) for one in given]
        parts = [_counts(one.map(), cells, classes) for one, cells in zip(given, self.grids, strict=True)]
        self.counts: IntArray = np.concatenate(parts)

    def __len__(self) -> int:
        return len(self.grids)

    def paired(self, predicted: Sequence[FloatArray]) -> tuple[IntArray, IntArray]:
        """True pixels of each class in each cell (n, c), and the likeliest class there (n,)."""
        return self.counts, np.concatenate(
            [_likeliest(one, cells) for one, cells in zip(predicted, self.grids, strict=True)]
        )


def _counts(classes: IntArray, cells: tuple[int, int], many: int) -> IntArray:
    """Pixels (lines * columns, c) of each class in each cell; void ones count nowhere."""
    y, x = (np.arange(size) * count // size for size, count in zip(classes.shape, cells, strict=True))
    cell = y[:, None] * cells[1] + x[None, :]
    known = classes != VOID
    found = np.bincount(cell[known] * many + classes[known], minlength=cells[0] * cells[1] * many)
    return found.reshape(-1, many)


def _likeliest(probs: FloatArray, cells: tuple[int, int]) -> IntArray:
    """The likeliest class of each cell (lines * columns,), of a grid that may have been another one."""
    best = np.asarray(probs).argmax(axis=-1)
    return np.asarray(best[np.ix_(*_middles(cells, best.shape))]).ravel()


def read_masked(path: Path) -> Dataset | None:
    """The data set of a folder or a Parquet file, its labels `Masked`; None for one of another kind.

    ``train.parquet`` (and ``test.parquet``) with columns `image` and `mask` of encoded images; or folders ``images``
    and ``masks`` with files of the same names but for the ending, in the folder itself or in its ``train`` and
    ``test``. A mask has one value a pixel: the number of its class in `label_names` of meta.json, where `void_label` is
    the one that nobody can name; without them the values found are the classes, and 255 is void. Raises BadInput for an
    image without a mask, and for a mask of another size.
    """
    parts = _pairs(path)
    if not parts:
        return None
    meta = read_meta(path)
    names, void = meta.get("label_names"), meta.get("void_label", _VOID_VALUE)
    if names is None:
        found = {int(value) for _, masks in parts for data in masks for value in np.unique(_values(data))}
        names = [str(value) for value in range(max(found) + 1)]
        kept = sorted(found - {void})
    else:
        kept = [value for value in range(len(names)) if value != void]
    index = {value: place for place, value in enumerate(kept)}
    numbers = tuple(index.get(value, VOID) for value in range(len(names)))
    opened = [_opened(images, masks, numbers) for images, masks in parts]
    return Dataset(opened[0], opened[1] if len(opened) > 1 else None, tuple(str(names[value]) for value in kept))


def _opened(images: Any, masks: Sequence[bytes], numbers: tuple[int, ...]) -> OpenedFile:
    pool: Any = as_pool(images)
    labels = np.empty(len(masks), dtype=object)
    for row, data in enumerate(masks):
        labels[row] = Masked(data, numbers)
        view, wanted = pool.show(row), labels[row].size
        if (view.get("height"), view.get("width")) != wanted:
            raise BadInput(
                f"image {pool.ids[row]!r} is {view.get('width')} x {view.get('height')}, its mask {wanted[::-1]}"
            )
    return OpenedFile(pool, labels, None, (), Columns())


def _pairs(path: Path) -> list[tuple[Any, list[bytes]]]:
    """Images and masks of the train part, and of the test part if there is one; nothing for another kind of data."""
    if path.is_file():
        return [_of_table(path)] if _has_masks(path) else []
    tables = [one for name in ("train", "test") if _has_masks(one := path / f"{name}.parquet")]
    if tables:
        return [_of_table(one) for one in tables]
    for places in ([path / "train", path / "test"], [path]):
        found = [one for one in places if (one / "images").is_dir() and (one / "masks").is_dir()]
        if found:
            return [_of_folder(one) for one in found]
    return []


def _has_masks(file: Path) -> bool:
    if file.suffix.lower() != ".parquet" or not file.is_file():
        return False
    from pyarrow import parquet

    return {"image", "mask"} <= set(parquet.read_schema(file).names)


def _of_table(file: Path) -> tuple[Any, list[bytes]]:
    table = read_table(file)
    return [_encoded(one) for one in table.column("image").to_pylist()], [
        _encoded(one) for one in table.column("mask").to_pylist()
    ]


def _encoded(value: Any) -> bytes:
    found = value["bytes"] if isinstance(value, Mapping) else value
    if not isinstance(found, bytes):
        raise BadInput(f"{found!r} is no encoded image; give PNG or JPEG bytes in `image`, and PNG in `mask`")
    return found


def _of_folder(path: Path) -> tuple[Any, list[bytes]]:
    images, masks = ImageFolder(path / "images"), ImageFolder(path / "masks")
    of_stem = {str(Path(name).with_suffix("")): row for row, name in enumerate(masks.names)}
    found = [of_stem.get(str(Path(name).with_suffix(""))) for name in images.names]
    missing = next((name for name, row in zip(images.names, found, strict=True) if row is None), None)
    if missing is not None:
        raise BadInput(f"the image {missing!r} has no mask of that name in {str(path / 'masks')!r}; add it")
    return images, [masks[row] for row in found]
