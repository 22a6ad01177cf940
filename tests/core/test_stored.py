"""Rows that are not in memory: read in blocks, from the file itself."""

from __future__ import annotations

import contextlib
import gc
import os

import numpy as np
import pytest

from askwise.core import stored
from askwise.core.arrays import take
from askwise.core.errors import BadInput
from askwise.core.stored import FlatFile, Stored, spooled, unmapped


@pytest.fixture
def table(tmp_path):
    """A table of 50 rows and its memory map."""
    rows = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float16)
    np.save(tmp_path / "rows.npy", rows)
    return rows, np.load(tmp_path / "rows.npy", mmap_mode="r")


@pytest.mark.parametrize("at", [[], [0], [49, 0, 7, 7], list(range(10, 30)), [0, 49], [5, 4, 3]])
def test_rows_at_any_positions(table, at):
    rows, mapped = table
    got = unmapped(mapped)[np.array(at, dtype=np.int64)]
    assert got.dtype == rows.dtype and np.array_equal(got, rows[at])


def test_parts_of_a_map_are_read_where_they_lie(table):
    rows, mapped = table
    part = unmapped(mapped[10:40])
    assert np.array_equal(part[2:9], rows[12:19]) and part.rows_read == 7 and len(part) == 30
    assert np.array_equal(take(part, np.arange(3, 6)), rows[13:16])


def test_without_positioned_reads(table, monkeypatch):
    monkeypatch.delattr(os, "preadv")
    rows, mapped = table
    assert np.array_equal(unmapped(mapped)[4:44], rows[4:44])


def test_maps_that_the_file_does_not_show(table, tmp_path):
    rows, mapped = table
    assert unmapped(mapped.T) is None and unmapped(mapped[::2]) is None
    changed = np.load(tmp_path / "rows.npy", mmap_mode="c")
    changed[0] = 9.0
    assert unmapped(changed) is None
    other = tmp_path / "other.npy"
    np.save(other, rows[::-1])
    other.replace(tmp_path / "rows.npy")  # the map still shows the file that was there
    assert unmapped(mapped) is None and np.array_equal(mapped, rows)
    (tmp_path / "rows.npy").unlink()
    assert unmapped(mapped) is None


def test_a_file_cut_off_is_named(tmp_path):
    path = tmp_path / "flat"
    path.write_bytes(b"\0" * 40)
    rows = FlatFile(str(path), 0, (10, 2), np.dtype("f4")).stored()
    assert rows[0:5].tolist() == [[0.0, 0.0]] * 5
    with pytest.raises(BadInput, match="row 9 of 10"):
        rows[0:10]


def test_nothing_reads_it_whole_by_accident(table):
    with pytest.raises(BadInput, match=r"shape \(50, 3\) are on disk"):
        np.asarray(unmapped(table[1]))


def test_a_spool_computes_each_row_once(monkeypatch):
    monkeypatch.setattr(stored, "_BLOCK", 12)
    computed = []

    def read(at):
        computed.extend(at.tolist())
        return np.stack([at, at * 2.0], axis=1)

    rows = spooled(Stored((20, 2), np.dtype("f8"), read))
    assert sorted(computed) == list(range(20))
    assert rows[np.array([19, 3])].tolist() == [[19.0, 38.0], [3.0, 6.0]] and len(computed) == 20


def test_files_are_closed_with_the_last_reference(table):
    held = unmapped(table[1])
    file = held.read.__self__._file
    shown = os.fstat(file).st_ino
    del held
    gc.collect()
    with contextlib.suppress(OSError):  # the number may be another file's by now
        assert os.fstat(file).st_ino != shown


def test_rows_on_disk_followed_by_rows_in_memory():
    first = np.arange(8.0).reshape(4, 2)
    stored = Stored(first.shape, first.dtype, lambda at: first[at])
    both = stored.followed_by(np.array([[9, 9], [7, 7]]))
    assert both.shape == (6, 2) and both.dtype == np.float64
    assert both[np.array([5, 0, 4, 3])].tolist() == [[7.0, 7.0], [0.0, 1.0], [9.0, 9.0], [6.0, 7.0]]
    assert both[4:6].tolist() == [[9.0, 9.0], [7.0, 7.0]]
    assert stored.followed_by(None) is stored and stored.rows_read == 2
