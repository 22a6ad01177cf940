"""Files and folders to pools and data sets, and what is refused with which words."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import feather
from pyarrow import parquet as pq
from scipy import sparse

from askwise.core.errors import BadInput
from askwise.pool import (
    ArrayPool,
    FramePool,
    ImageFolder,
    ImagePool,
    TextPool,
    as_pool,
    open_dataset,
    open_pool,
)

DATA = Path(os.environ.get("ASKWISE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
REVIEWS = pa.table({"key": ["a", "b", "c"], "text": ["so good", "bad", "fine, I say"], "label": [1, 0, 1]})


def png(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((2, 2), shade, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def reviews(folder: Path, suffix: str) -> Path:
    path = folder / f"reviews{suffix}"
    if suffix == ".parquet":
        pq.write_table(REVIEWS, path)
    elif suffix in (".arrow", ".feather"):
        feather.write_feather(REVIEWS, path)
    elif suffix in (".jsonl", ".ndjson"):
        path.write_text("\n".join(json.dumps(row) for row in REVIEWS.to_pylist()))
    else:
        cut = "," if suffix == ".csv" else "\t"
        rows = [REVIEWS.column_names, *([str(v) for v in row.values()] for row in REVIEWS.to_pylist())]
        path.write_text("\n".join(cut.join(f'"{cell}"' for cell in row) for row in rows))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather"])
def test_every_format_gives_the_same_pool(tmp_path: Path, suffix: str) -> None:
    opened = open_pool(reviews(tmp_path, suffix), ids="key")
    assert isinstance(opened.pool, TextPool)
    assert opened.pool.take(np.arange(3)) == REVIEWS["text"].to_pylist()
    assert opened.pool.ids.tolist() == ["a", "b", "c"]
    assert opened.labels is not None
    assert opened.labels.tolist() == [1, 0, 1]
    assert opened.label_names is None
    assert opened.columns == ("key", "text", "label")
    assert opened.chosen.text == "text"
    assert opened.pool.fingerprint() == TextPool(REVIEWS["text"], REVIEWS["key"]).fingerprint()


def test_csv_reads_quotes_newlines_bom_and_ids_as_written(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", '\ufeffid,text,n\n007,"two\nlines, ""quoted""",1\n7,123,\n')
    opened = open_pool(path, text="text", ids="id")
    assert opened.pool.take(np.arange(2)) == ['two\nlines, "quoted"', "123"]
    assert opened.pool.ids.tolist() == ["007", "7"]
    assert opened.labels is None


def test_a_row_longer_than_a_megabyte(tmp_path: Path) -> None:
    long = "word " * 500_000
    path = written(tmp_path, "long.csv", f"text,n\n{long},1\nshort one,2\n")
    assert open_pool(path).pool.take(np.array([0])) == [long]
    path = written(tmp_path, "long.jsonl", json.dumps({"text": long}) + "\n")
    assert open_pool(path).pool.take(np.array([0])) == [long]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", "text,label\n", "0 rows"),
        ("a.csv", "text,label\na,1\nb,2,3\n", "ragged.*Row #3: Expected 2 columns, got 3"),
        ("a.csv", b"text,label\ncaf\xe9,1\n", "not UTF-8"),
        ("a.csv", "text,label\nhello you,1\n".encode("utf-16"), "not UTF-8"),
        ("a.csv", "text,text\na,b\n", "'text' is there twice"),
        ("a.csv", 'text,label\ngood,1\n,0\n"",1\n', "column 'text': 2 texts are missing, at rows 1, 2"),
        ("a.jsonl", '{"text": "a"}\n{"text": 5}\n', "cannot be read.*changed from string to number in row 1"),
        ("a.jsonl", '{"text": "a"}\n{"text": \n', "cannot be read"),
        ("a.jsonl", b'{"text": "caf\xe9"}\n', "not UTF-8"),
        ("a.jsonl", '{"text": "a"}\n{"label": 1}\n', "1 text is missing, at row 1"),
        ("a.parquet", "no parquet", "'a.parquet' cannot be read"),
        ("a.npz", "no zip", "'a.npz' cannot be read"),
        ("a.npy", "no array", "'a.npy' cannot be read"),
        ("a.xlsx", "PK", "no table that can be read; give one of .csv"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(BadInput, match=said):
        open_pool(path, text=None if name.startswith("a.np") else "text")


def test_missing_file_and_column(tmp_path: Path) -> None:
    path = reviews(tmp_path, ".csv")
    with pytest.raises(BadInput, match=r"no file .*Did you mean 'reviews.csv'"):
        open_pool(tmp_path / "review.csv")
    with pytest.raises(BadInput, match="Check the path"):
        open_pool(tmp_path / "nowhere" / "x.csv")
    for wanted in (
        {"text": "texd"},
        {"features": ["texd"]},
        {"images": "texd"},
        {"text": "text", "label": "texd"},
    ):
        with pytest.raises(BadInput, match=r"no column 'texd'. Did you mean 'text'"):
            open_pool(path, **wanted)  # type: ignore[arg-type]


def test_duplicate_ids_name_both_rows(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,text\na7,x\nb,y\na7,z\n")
    with pytest.raises(BadInput, match="'a7' is given to two rows, 0 and 2"):
        open_pool(path, text="text", ids="id")


def test_what_cannot_be_guessed_lists_the_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "town,size,label\nx,1,0\ny,2,1\n")
    with pytest.raises(BadInput, match=r"Columns: town \(string\), size \(int64\), label"):
        open_pool(path)
    pool = open_pool(path, features="all").pool
    assert isinstance(pool, FramePool)
    assert pool.features == ["town", "size"]


def test_guesses(tmp_path: Path) -> None:
    lone = written(tmp_path, "a.csv", "stars,opinion\n1,this was a bad film\n5,I liked it a lot\n")
    assert open_pool(lone).chosen.text == "opinion"
    numbers = written(tmp_path, "b.csv", "a,b,label\n1,2.5,x\n2,,y\n")
    opened = open_pool(numbers)
    assert opened.chosen.features == ("a", "b")
    assert opened.pool.show(1)["cells"] == {"a": 2, "b": None}
    pq.write_table(
        pa.table({"picture": [{"bytes": png(), "path": "x.png"}], "caption": ["a b c d"]}),
        tmp_path / "c.parquet",
    )
    assert open_pool(tmp_path / "c.parquet").chosen.images == "picture"


def test_npz_and_npy(tmp_path: Path) -> None:
    X = np.eye(4, dtype=np.float32)
    np.savez(tmp_path / "a.npz", X=X, y=np.array([0, 1, 0, 1]))
    opened = open_pool(tmp_path / "a.npz")
    assert opened.labels is not None
    assert opened.labels.tolist() == [0, 1, 0, 1]
    np.save(tmp_path / "b.npy", X)
    pool = open_pool(tmp_path / "b.npy").pool
    assert isinstance(pool, ArrayPool)
    assert isinstance(pool._X, np.memmap)
    assert pool.fingerprint() == opened.pool.fingerprint()
    sparse.save_npz(tmp_path / "c.npz", sparse.csr_matrix(X))
    assert as_pool(tmp_path / "c.npz").take(np.array([1])).toarray().tolist() == [[0, 1, 0, 0]]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.eye(2)}, "no array 'X'"),
        ({"X": np.eye(2), "y": np.zeros(3)}, r"shape \(3,\), X has 2 rows"),
        ({"X": np.array([[1.0, np.nan]])}, "row 0, column 1 is nan"),
        ({"X": np.array([[{}]], dtype=object)}, "cannot be read"),
    ],
)
def test_bad_npz(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=said):
        open_pool(tmp_path / "a.npz")


def test_labels_take_their_names_from_meta(tmp_path: Path) -> None:
    path = reviews(tmp_path, ".parquet")
    written(tmp_path, "meta.json", json.dumps({"label_names": ["neg", "pos"]}))
    opened = open_pool(path)
    assert opened.labels is not None
    assert opened.labels.tolist() == ["pos", "neg", "pos"]
    assert opened.label_names == ("neg", "pos")
    assert open_dataset(path).classes == ("neg", "pos")
    written(tmp_path, "meta.json", json.dumps({"label_names": ["only"]}))
    with pytest.raises(BadInput, match=r"row 0 is 1, but meta.json names only 0..0"):
        open_pool(path)
    written(tmp_path, "meta.json", "{")
    with pytest.raises(BadInput, match=r"meta.json' is no JSON"):
        open_pool(path)


def test_dataset_of_csv_parts(tmp_path: Path) -> None:
    written(tmp_path, "train.csv", "text,label\nwell done,b\noh no,a\n")
    written(tmp_path, "test.csv", "title,text,label\nt,so so,c\n")
    data = open_dataset(tmp_path)
    assert data.classes == ("a", "b", "c")
    assert data.test is not None
    assert data.test.pool.take(np.array([0])) == ["so so"]
    one = open_dataset(tmp_path / "train.csv")
    assert one.test is None
    assert one.classes == ("a", "b")


def test_dataset_refuses_missing_labels(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "text,label\nx y,1\nz w,\n")
    with pytest.raises(BadInput, match=r"1 of 2 rows .* have no label, the first is row 1"):
        open_dataset(path)
    path = written(tmp_path, "b.csv", "text,kind\nx y,1\n")
    with pytest.raises(BadInput, match=r"no 'label'; name the label. Columns: text, kind"):
        open_dataset(path, text="text")
    with pytest.raises(BadInput, match="no train file"):
        open_dataset(tmp_path)


def test_npz_split_keeps_the_positions_as_ids(tmp_path: Path) -> None:
    mask = np.array([False, True, False, False])
    meta = {"label_names": ["no", "yes"], "feature_names": ["p", "q", "r", "s"]}
    written(tmp_path, "meta.json", json.dumps(meta))
    np.savez(tmp_path / "features.npz", X=np.eye(4), y=np.array([0, 1, 1, 0]), test_mask=mask)
    data = open_dataset(tmp_path, features=["q", "s"])
    assert data.test is not None
    assert data.train.pool.ids.tolist() == [0, 2, 3]
    assert data.test.pool.ids.tolist() == [1]
    assert data.test.pool.show(0) == {"kind": "row", "cells": {"q": 1.0, "s": 0.0}}
    assert data.train.labels is not None
    assert data.train.labels.tolist() == ["no", "yes", "no"]
    np.savez(tmp_path / "features.npz", X=np.eye(4), y=np.array([0, 1, 1, 0]), test_mask=~np.zeros(4, dtype=bool))
    with pytest.raises(BadInput, match="leaves 0 rows to train, 4 to test"):
        open_dataset(tmp_path)


def test_folder_of_images(tmp_path: Path) -> None:
    for name in ("cat/2.png", "cat/1.PNG", "dog/deep/3.png"):
        written(tmp_path, name, png(len(name)))
    written(tmp_path, "notes.txt", "none")
    opened = open_pool(tmp_path, label="folder")
    assert isinstance(opened.pool, ImagePool)
    assert opened.pool.ids.tolist() == ["cat/1.PNG", "cat/2.png", "dog/deep/3.png"]
    assert opened.labels is not None
    assert opened.labels.tolist() == ["cat", "cat", "dog"]
    assert opened.pool.media(2) == ("image/png", png(14))
    assert open_dataset(tmp_path).classes == ("cat", "dog")
    (tmp_path / "cat/1.PNG").unlink()
    with pytest.raises(BadInput, match=r"'cat/1.PNG' cannot be read"):
        opened.pool.take(np.array([0]))


def test_images_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    secret = written(tmp_path, "outside/secret.png", png())
    written(tmp_path, "in/a.png", png())
    pool = ImagePool(ImageFolder(tmp_path / "in"))
    (tmp_path / "in/a.png").unlink()
    (tmp_path / "in/a.png").symlink_to(secret)
    with pytest.raises(BadInput, match="leads out of the folder"):
        pool.take(np.array([0]))
    with pytest.raises(BadInput, match="link that leads out"):
        ImageFolder(tmp_path / "in")
    (tmp_path / "in/a.png").unlink()
    (tmp_path / "in/sub").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(BadInput, match="'sub' is a link that leads out"):
        ImageFolder(tmp_path / "in")


def test_bad_images(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="row 1 holds None"):
        ImagePool(pa.array([png(), None]))
    with pytest.raises(BadInput, match="row 0 begin with b'hello'"):
        ImagePool([b"hello"])
    with pytest.raises(BadInput, match="string holds no images"):
        ImagePool(pa.array(["a"]))
    with pytest.raises(BadInput, match="holds no images"):
        ImageFolder(tmp_path)
    with pytest.raises(BadInput, match="is no folder"):
        ImageFolder(tmp_path / "none")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_media_types(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (2, 2)).save(out, kind)
    assert ImagePool([out.getvalue()]).show(0)["media_type"] == f"image/{kind.lower()}"


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data sets are not here")
@pytest.mark.parametrize(
    ("name", "pool", "train", "test", "first"),
    [
        ("ag_news", TextPool, 10_001, 7_600, "World"),
        ("imdb", TextPool, 25_000, 25_000, "neg"),
        ("clinc150", TextPool, 15_100, 5_500, "accept_reservations"),
        ("trec6", TextPool, 5_452, 500, "ABBR"),
        ("tab_letter", ArrayPool, 14_000, 6_000, "1"),
        ("tab_adult", ArrayPool, 34_190, 14_652, "0"),
        ("fashion_mnist", ImagePool, 60_000, 10_000, "T-shirt/top"),
    ],
)
def test_shared_folders_as_they_are(name: str, pool: type, train: int, test: int, first: str) -> None:
    data = open_dataset(DATA / name)
    assert isinstance(data.train.pool, pool)
    assert data.test is not None
    assert (len(data.train.pool), len(data.test.pool)) == (train, test)
    assert data.classes[0] == first
    assert data.train.labels is not None
    assert set(data.train.labels) <= set(data.classes)
    assert data.train.pool.show(0)["kind"] in ("text", "row", "image")


def test_what_is_wrong_is_said_of_the_column_and_file_where_it_is(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "text,id\nsome words here,7\nother words here,7\n")
    with pytest.raises(BadInput, match=r"^column 'id': id '7' is given to two rows, 0 and 1"):
        open_pool(file, text="text", ids="id")
    written(tmp_path / "parts", "train.csv", "text,label\nsome words here,a\nother words here,b\n")
    written(tmp_path / "parts", "test.csv", "text\nsome words here\n")
    with pytest.raises(BadInput, match=r"the test part 'test.csv' .* no column 'label'"):
        open_dataset(tmp_path / "parts")
    written(tmp_path / "pictures", "cats/b.png", "no picture")
    with pytest.raises(BadInput, match=r"'cats/b.png' begin with b'no pictu'"):
        open_pool(tmp_path / "pictures").pool.take(np.array([0]))
