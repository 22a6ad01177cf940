"""The shipped contract suite on every pool, and the suite itself on pools that break it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from scipy import sparse

from askwise.core.errors import BadInput
from askwise.pool import ArrayPool, FramePool, ImageFolder, ImagePool, SeveralPool, TextPool
from askwise.testing.pool import check_pool

N = 7


def png(shade: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((2, 2), shade, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def matrix(changed: int | None = None, dtype: str = "float64") -> np.ndarray:
    X = np.arange(N * 3).reshape(N, 3).astype(dtype)
    if changed is not None:
        X[changed, 1] = 99
    return X


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", ">f8"])
def test_array(dtype: str) -> None:
    X = matrix(dtype=dtype)
    check_pool(
        lambda: ArrayPool(X, names=["a", "b", "c"]),
        make_changed=lambda row: ArrayPool(matrix(row, dtype), names=["a", "b", "c"]),
        snapshot=X.tobytes,
    )


def test_fortran_order_and_three_axes() -> None:
    X = np.asfortranarray(matrix())
    check_pool(lambda: ArrayPool(X), make_changed=lambda row: ArrayPool(matrix(row)), snapshot=X.tobytes)
    assert ArrayPool(X).fingerprint() == ArrayPool(matrix()).fingerprint()
    cube = np.arange(N * 4, dtype=np.uint8).reshape(N, 2, 2)
    check_pool(lambda: ArrayPool(cube))
    assert ArrayPool(cube).offers == frozenset()


def test_memory_map(tmp_path: Path) -> None:
    def make(changed: int | None = None) -> ArrayPool:
        np.save(tmp_path / "X.npy", matrix(changed))
        return ArrayPool(np.load(tmp_path / "X.npy", mmap_mode="r"), ids=list("abcdefg"))

    check_pool(make, make_changed=make)


def test_sparse() -> None:
    X = sparse.csr_array(matrix())
    check_pool(
        lambda: ArrayPool(X),
        make_changed=lambda row: ArrayPool(sparse.csr_array(matrix(row))),
        snapshot=lambda: X.data.tobytes() + X.indices.tobytes() + X.indptr.tobytes(),
    )


TEXTS = ["one", "", "zwei\0", "très", "5", "a\nb", "one"]


@pytest.mark.parametrize(
    "wrap", [list, tuple, np.array, pd.Series, pa.array, lambda t: pa.chunked_array([t[:2], t[2:]])]
)
def test_text(wrap) -> None:  # type: ignore[no-untyped-def]
    def make(changed: int | None = None) -> TextPool:
        return TextPool(wrap([t + "!" if i == changed else t for i, t in enumerate(TEXTS)]), ids=range(10, 17))

    check_pool(make, make_changed=make)


def cells(changed: int | None = None) -> dict[str, list[object]]:
    table: dict[str, list[object]] = {
        "number": [1.5, None, 3.0, 0.0, 5.0, 6.0, 7.0],
        "whole": [1, 2, None, 0, 5, 6, 7],
        "kind": ["x", "y", None, "", "x", "x", "z"],
        "flag": [True, False, True, None, True, True, False],
        "day": [pd.Timestamp("2024-01-02"), None, *[pd.Timestamp("2024-01-03")] * 5],
    }
    if changed is not None:
        table["kind"][changed] = "new"
    return table


@pytest.mark.parametrize("wrap", [pa.table, pd.DataFrame])
def test_frame(wrap) -> None:  # type: ignore[no-untyped-def]
    check_pool(lambda: FramePool(wrap(cells())), make_changed=lambda row: FramePool(wrap(cells(row))))


def test_images_in_memory() -> None:
    def make(changed: int | None = None) -> ImagePool:
        return ImagePool([png(200 if i == changed else i) for i in range(N)])

    check_pool(make, make_changed=make)
    struct = pa.array([{"bytes": png(i), "path": None} for i in range(N)])
    check_pool(lambda: ImagePool(struct), make_changed=make)
    assert ImagePool(struct).fingerprint() == make().fingerprint()


def test_image_folder(tmp_path: Path) -> None:
    def make(changed: int | None = None) -> ImagePool:
        for i in range(N):
            (tmp_path / f"{i}.png").write_bytes(png(200 if i == changed else i))
        return ImagePool(ImageFolder(tmp_path))

    check_pool(make, make_changed=make)


class Broken(TextPool):
    """A pool that keeps all of the contract but one part."""


def broken(method: str, replacement: object) -> type[TextPool]:
    return type("Broken", (TextPool,), {method: replacement})


@pytest.mark.parametrize(
    ("method", "replacement", "said"),
    [
        ("take", lambda self, rows: sorted(TextPool.take(self, rows)), "not the whole, sliced"),
        ("take", lambda self, rows: [self._texts[r % 3] for r in rows.tolist()], "was not refused"),
        ("show", lambda self, row: {"kind": "text", "text": ("a", "b")}, "does not survive JSON"),
        ("evidence", lambda self, rows, names: {}, "was not refused"),
        ("fingerprint", lambda self: {"version": 1, "id": id(self)}, "different fingerprints"),
    ],
)
def test_suite_finds_what_is_broken(method: str, replacement: object, said: str) -> None:
    pool = broken(method, replacement)
    kept: list[object] = []

    def make() -> TextPool:
        kept.append(pool(["b", "c", "a"]))
        return kept[-1]  # type: ignore[return-value]

    with pytest.raises(AssertionError, match=said):
        check_pool(make)


def test_suite_finds_a_deaf_fingerprint_and_a_changed_input() -> None:
    texts = ["a", "b", "c"]
    with pytest.raises(AssertionError, match="row 0 changed and the fingerprint did not"):
        check_pool(lambda: TextPool(texts), make_changed=lambda row: TextPool(texts))
    X = matrix()

    class Greedy(ArrayPool):
        def fingerprint(self) -> dict[str, object]:
            self._X[0, 0] = 1
            return super().fingerprint()

    with pytest.raises(AssertionError, match="changed what it was made from"):
        check_pool(lambda: Greedy(X), snapshot=X.tobytes)


@pytest.mark.parametrize("rows", [[True, False], [0.5], [[0]]])
def test_take_refuses_what_is_no_position(rows: list[object]) -> None:
    with pytest.raises(BadInput, match="flatnonzero"):
        TextPool(["a", "b"]).take(np.asarray(rows))


def test_several_texts_and_images() -> None:
    def texts(changed: int | None = None) -> SeveralPool:
        left = [f"left {i}" for i in range(N)]
        right = [f"right {i}" if i != changed else "changed" for i in range(N)]
        return SeveralPool([TextPool(left), TextPool(right)], names=["a", "b"])

    check_pool(texts, make_changed=texts)
    images = SeveralPool([ImagePool([png(i) for i in range(N)]), ImagePool([png(100 + i) for i in range(N)])])
    check_pool(lambda: images)
    assert images.media(3, 1) == ("image/png", png(103))
    assert images.show(0)["items"][1]["width"] == 2
