"""A pool of encoded images: a folder of files, or a column of bytes."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.pool.base import BasePool, is_arrow
from askwise.pool.fingerprint import LazyPart, Part

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})
HEAD = 12
"""Bytes that tell an image format."""


class ImagePool(BasePool):
    """One encoded image (PNG, JPEG, WebP, GIF, BMP) a row; nothing is decoded here.

    `images` is a list of bytes, an Arrow column of bytes or of ``{"bytes": ..., "path": ...}``, or an
    `ImageFolder`, whose files are read when taken and whose relative paths are the ids. Raises BadInput
    with the row of the first image that is missing or of no known format.
    """

    kind: ClassVar[str] = "image"
    span_rows = 256

    def __init__(self, images: Any, ids: Any = None, columns: Mapping[str, Any] | None = None) -> None:
        folder = isinstance(images, ImageFolder)
        self._images: Any = images if folder else _column(images)
        super().__init__(len(self._images), self._images.names if folder and ids is None else ids, columns)

    @property
    def schema(self) -> dict[str, Any]:
        return {}

    def take(self, rows: IntArray) -> list[bytes]:
        """The encoded images at these positions, read now."""
        return [self._read(row) for row in self.checked(rows).tolist()]

    def media(self, row: int) -> tuple[str, bytes]:
        """Return the media type of one image and its bytes, for a server to send."""
        (data,) = self.take(np.asarray([row]))
        return media_type(data[:HEAD], f"row {row}"), data

    def show(self, row: int) -> dict[str, Any]:
        """``{"kind": "image", "media_type": ..., "bytes_row": row}``: ask `media(row)` for the bytes.

        With `width` and `height` in pixels as stored (before any rotation that its EXIF data asks for) where Pillow is
        installed and can tell.
        """
        media, data = self.media(row)
        return {"kind": "image", "media_type": media, "bytes_row": int(row), **size(data)}

    def parts(self, start: int, stop: int) -> list[Part]:
        return [LazyPart(lambda row: self._read(start + row))]

    def _read(self, row: int) -> bytes:
        data: Any = self._images[row]
        encoded: bytes = data if isinstance(data, bytes) else data.as_py()
        return encoded


class ImageFolder(Sequence[bytes]):
    """Image files under a folder, at any depth, sorted by relative path; read one at a time.

    No link is followed out of the folder: one that leads out is refused, when listed and again when read.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).resolve()
        if not self.root.is_dir():
            raise BadInput(f"{str(root)!r} is no folder; give the folder that holds the images")
        self.names = sorted(self._list())
        if not self.names:
            kinds = ", ".join(sorted(SUFFIXES))
            raise BadInput(f"the folder {str(root)!r} holds no images; files must end in one of {kinds}")

    def _list(self) -> list[str]:
        found = []
        for folder, folders, files in os.walk(self.root, followlinks=False):
            for name in folders:
                self._inside(Path(folder, name))
            paths = [Path(folder, name) for name in files if Path(name).suffix.lower() in SUFFIXES]
            found += [self._inside(path).relative_to(self.root).as_posix() for path in paths]
        return found

    def _inside(self, path: Path) -> Path:
        if path.is_symlink() and not path.resolve().is_relative_to(self.root):
            name = path.relative_to(self.root).as_posix()
            raise BadInput(f"{name!r} is a link that leads out of the folder; copy what it points to, or remove it")
        return path

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: Any) -> Any:
        name = self.names[row]
        path = self.root / name
        if not path.resolve().is_relative_to(self.root):
            raise BadInput(f"{name!r} leads out of the folder; copy what it points to, or remove it")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInput(f"the image {name!r} cannot be read ({error.strerror}); put it back") from error
        media_type(data[:HEAD], repr(name))
        return data


def size(data: bytes) -> dict[str, int]:
    """Width and height of an encoded image, read from its head; empty where Pillow is missing or cannot tell."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # only the head is read
            with Image.open(io.BytesIO(data)) as image:
                return {"width": image.width, "height": image.height}
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return {}


def media_type(head: bytes, where: str) -> str:
    """Return the media type that the first 12 bytes of a file tell. Raises BadInput for none of the five.

    >>> media_type(b"GIF89a", "row 0")
    'image/gif'
    """
    for magic, name in (
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
    ):
        if head.startswith(magic):
            return f"image/{name}"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    raise BadInput(f"the bytes of {where} begin with {head[:8]!r}, no PNG, JPEG, WebP, GIF or BMP; encode them as one")


def _column(images: Any) -> Any:
    """Check every row's first bytes, and return the column."""
    if not is_arrow(images):
        images = list(images)
        heads: list[Any] = [data[:HEAD] if isinstance(data, bytes) else data for data in images]
    else:
        images = _arrow_bytes(images)
        heads = _arrow_heads(images)
    for row, head in enumerate(heads):
        if not isinstance(head, bytes):
            raise BadInput(f"row {row} holds {head!r}, not the bytes of an image; remove the row or fill it in")
        media_type(head, f"row {row}")
    return images


def _arrow_bytes(images: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_struct(images.type) and images.type.get_field_index("bytes") >= 0:
        images = pc.struct_field(images, "bytes")
    if not (pa.types.is_binary(images.type) or pa.types.is_large_binary(images.type)):
        raise BadInput(f"a column of {images.type} holds no images; give one of bytes, or of {{'bytes': ...}}")
    return images


def _arrow_heads(images: Any) -> list[Any]:
    import pyarrow.compute as pc

    heads: list[Any] = pc.binary_slice(images, 0, HEAD).to_pylist()
    return heads
