"""Rows of several things: from columns of a file, and what is refused."""

from __future__ import annotations

import pytest

from askwise.core.errors import BadInput
from askwise.pool import ImagePool, SeveralPool, TextPool, open_several


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("left,right,key\n007,seven,a\n8,eight,b\n", encoding="utf-8")
    return path


def test_columns_of_a_file_are_the_things_of_a_row(file):
    pool = open_several(file, text=["left", "right"], ids="key")
    assert pool.take([0]) == [("007", "seven")]
    assert pool.ids.tolist() == ["a", "b"]
    assert pool.show(1) == {
        "kind": "several",
        "items": [{"kind": "text", "text": "8"}, {"kind": "text", "text": "eight"}],
        "names": ["left", "right"],
    }
    assert pool.column("key").tolist() == ["a", "b"]


def test_the_same_texts_in_another_column_are_another_pool(file):
    one, other = (open_several(file, text=names) for names in (["left", "right"], ["right", "left"]))
    assert one.fingerprint() != other.fingerprint()


def test_what_cannot_be_compared_is_refused(file):
    with pytest.raises(BadInput, match="name two or more"):
        open_several(file, text=["left"])
    with pytest.raises(BadInput, match="Did you mean 'right'"):
        open_several(file, text=["left", "rihgt"])
    with pytest.raises(BadInput, match="'b' has 1 rows, 'a' 2"):
        SeveralPool([TextPool(["x", "y"]), TextPool(["z"])], names=["a", "b"])
    with pytest.raises(BadInput, match="image and text together cannot be compared"):
        SeveralPool([TextPool(["x"]), ImagePool([b"GIF89a......"])])
    with pytest.raises(BadInput, match=r"column 'key': a column of .*string holds no images"):
        open_several(file, images=["key", "left"])
