"""Every kind of answer through the room: offered, checked with the task's own words, stored as it was given."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from askwise.pool import ImagePool, SeveralPool, TextPool
from askwise.session import Session
from askwise.task import KINDS, as_task

from .conftest import texts


def png(shade: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), shade, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def images(n: int = 12) -> ImagePool:
    return ImagePool([png(10 * i) for i in range(n)])


def pairs(n: int = 12) -> SeveralPool:
    return SeveralPool([TextPool(texts(2 * n)[:n]), TextPool(texts(2 * n)[n:])], names=["left", "right"])


ABC = ["a", "b", "c"]
CASES = {
    "choice": ({"classes": ABC}, texts, "b", "d", "none of the 3 classes"),
    "multilabel": ({"classes": ABC}, texts, ["a", "c"], ["a", "d"], "none of the 3 classes"),
    "number": ({"low": 0}, texts, 2.5, -1, "out of bounds"),
    "span": (
        {"classes": ABC},
        texts,
        [{"start": 0, "end": 3, "label": "a"}, {"start": 1, "end": 5, "label": "b"}],
        [{"start": 0, "end": 900, "label": "a"}],
        "ends beyond the text",
    ),
    "region": (
        {"classes": ABC},
        images,
        [{"label": "a", "box": [1.0, 2.0, 5.0, 6.5]}, {"label": "b", "polygon": [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]]}],
        [{"label": "a", "box": [1, 2, 50, 6]}],
        "outside the image of 30 x 20",
    ),
    "pixel": (
        {"classes": ABC, "pixels": 3},
        images,
        [{"x": 29, "y": 19, "label": "a"}],
        [{"x": 30, "y": 0, "label": "a"}],
        "outside the image of 30 x 20",
    ),
    "pair": ({}, pairs, "same", "equal", "neither 'same' nor 'different'"),
    "ranking": ({"of": 2}, pairs, [1, 0], [1, 1], "no order of 2 things"),
    "candidates": ({"classes": ABC}, texts, {"not": ["b"]}, {"not": ABC}, "rules out every class"),
    "verify": ({"classes": ABC}, texts, "a", True, "none of the 3 classes"),
}


def test_every_kind_is_here():
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_an_answer_of_each_kind_is_offered_checked_and_stored(make, tmp_path, kind):
    settings, pool, right, wrong, says = CASES[kind]
    task = as_task({"kind": kind, **settings})
    caller = make(pool=pool(), classes=None, task=task, budget=None, strategy="auto", control=0.0)
    assert caller.get("/api/start").json()["task"] == task.render()
    items = caller.items(n=2)
    for item in items:
        refused = caller.label(item["query"], wrong)
        assert refused.status_code == 400 and says in refused.json()["detail"]
        receipt = caller.label(item["query"], right)
        assert receipt.status_code == 200, receipt.json()
    stored = Session.open(tmp_path / "room.aw").answers
    assert [answer.label for answer in stored] == [right, right]
    assert [answer.query for answer in stored] == [item["query"] for item in items]
    counts = {one["label"]: one["count"] for one in caller.get("/api/status").json()["balance"]}
    believed = Session.open(tmp_path / "room.aw").labels
    assert sum(counts.values()) == sum(len(task.names(label)) for label in believed.values())
    undone = caller.act("undo", items[-1]["query"]).json()
    assert undone["reopened"]["query"] == items[-1]["query"]
    assert len(Session.open(tmp_path / "room.aw").answers) == 1


@pytest.mark.parametrize("kind", ["region", "pixel"])
def test_images_say_how_large_they_are_and_pixels_which(make, kind):
    task = as_task({"kind": kind, "classes": ABC})
    caller = make(pool=images(), classes=None, task=task, budget=None, strategy="auto")
    item = caller.items(n=1)[0]
    assert (item["view"]["width"], item["view"]["height"]) == (30, 20)
    assert caller.get(item["view"]["url"]).content.startswith(b"\x89PNG")
    if kind == "pixel":
        assert len(item["why"]["pixels"]) == 10 and item["why"]["pixels_by"] == "chance"


def test_several_images_of_a_row_have_an_address_each(make):
    pool = SeveralPool([images(), ImagePool([png(255 - i) for i in range(12)])])
    caller = make(pool=pool, classes=None, task="pair", budget=None, strategy="auto")
    item = caller.items(n=1)[0]
    row = caller.room.session.queries[item["query"]].row
    first, second = item["view"]["items"]
    assert caller.get(first["url"]).content == png(10 * row)
    assert caller.get(second["url"]).content == png(255 - row)
    assert "bytes_row" not in first


def test_deep_and_endless_json_is_refused_and_leaves_nothing(make):
    caller = make()
    query = caller.items()[0]["query"]
    deep = f'{{"event":"event-000001","query":{query},"label":{"[" * 5000 + "]" * 5000}}}'
    reply = caller.http.post("/api/answers", content=deep, headers={"origin": "http://127.0.0.1:8000"})
    assert reply.status_code in (400, 422)
    huge = caller.label(query, ["x" * 100] * 20_000)
    assert huge.status_code == 413
    assert caller.get("/api/status").json()["answers"] == 0
