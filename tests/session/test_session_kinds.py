"""What queries of each kind offer beside their row, and what the default learners of the kinds learn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import askwise as aw
from askwise.core.noise import row_keys
from askwise.core.units import Units
from askwise.crowd import calibrate
from askwise.encode import compared
from askwise.learner import PixelLearner, PreferenceLearner
from askwise.pool import ImagePool, SeveralPool, TextPool
from askwise.session.proposing import FEWEST, point_out
from askwise.task import Candidates, Multilabel, Pair, Pixel, Ranking, Span, Verify

CLASSES = ["a", "b", "c", "d", "e"]


def blobs(n=300, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n)
    return np.eye(5)[y] * 2.5 + rng.normal(size=(n, 5)), [CLASSES[i] for i in y]


def run(session, truth, batches, n=20):
    for _ in range(batches):
        session.tell([{"row": q.row, "query": q.number, "label": truth(q)} for q in session.ask(n)])


def test_candidate_sets_are_calibrated_on_control_rows_and_hold_the_truth():
    X, y = blobs()
    session = aw.Session(pool=X, task=Candidates(CLASSES, eps=0.1), control=0.4, strategy="random", guard=False)
    run(session, lambda q: y[q.row], 4)
    early = [q for q in session.queries.values() if q.round <= 2]
    assert not any("candidates" in q.why for q in early)  # 16 control rows: too few to promise anything
    run(session, lambda q: y[q.row], 6)
    shown = [q for q in session.queries.values() if "candidates" in q.why]
    assert len(shown) > 60
    assert {q.arm for q in shown} == {"strategy"}
    assert all(q.why["calibrated_on"] >= FEWEST and q.why["eps"] == 0.1 for q in shown)
    assert all(q.why["candidates"] == [c for c in CLASSES if c in q.why["candidates"]] for q in shown)
    held = np.mean([y[q.row] in q.why["candidates"] for q in shown])
    assert held >= 0.85  # 0.9 promised, and 72 rows or so have a deviation of 0.035
    assert np.mean([len(q.why["candidates"]) for q in shown]) < 4
    # The sets are those of the published rule, on the rows that stand in the log.
    last = session.ask(20)
    known = [q for q in session.queries.values() if "probs" in q.why and q.row in session.labels]
    rule = calibrate([q.why["probs"] for q in known], [CLASSES.index(y[q.row]) for q in known], eps=0.1)
    one = next(q for q in last if q.arm == "strategy")
    probs = session.predict(session.pool.take(np.array([one.row])))
    assert one.why["candidates"] == [c for c, inside in zip(CLASSES, rule.sets(probs)[0], strict=True) if inside]


def test_ruled_out_classes_are_no_label_and_count_as_no_calibration():
    X, y = blobs(60)
    session = aw.Session(pool=X, task=Candidates(CLASSES), control=0.5, strategy="random")
    run(session, lambda q: {"not": [c for c in CLASSES if c != y[q.row]][:2]}, 2)
    assert session.labels == {} and len(session.answers) == 40
    assert session.rounds == []


def test_verify_proposes_what_the_model_says_except_on_control_rows():
    X, y = blobs()
    session = aw.Session(pool=X, task=Verify(CLASSES), control=0.25, strategy="margin")
    run(session, lambda q: y[q.row], 1)
    queries = session.ask(20)
    assert {q.arm for q in queries} == {"strategy", "control"}
    probs = session.predict(session.pool.take(np.array([q.row for q in queries])))
    for query, row in zip(queries, probs, strict=True):
        assert query.why["predicted"] == CLASSES[int(row.argmax())]
        assert query.why.get("proposed") == (query.why["predicted"] if query.arm == "strategy" else None)
    assert session.outcomes == []
    no = next(q for q in queries if q.arm == "control")
    session.tell({"row": no.row, "query": no.number, "label": {"not": [no.why["predicted"]]}})
    assert [right for _, right in session.outcomes] == [False]
    other = next(q for q in queries if q.arm == "control" and q.number != no.number)
    unsaid = next(c for c in CLASSES if c != other.why["predicted"])
    session.tell({"row": other.row, "query": other.number, "label": {"not": [unsaid]}})
    assert len(session.outcomes) == 1  # neither right nor wrong


def test_pairs_of_texts_are_learned_whichever_comes_first():
    rng = np.random.default_rng(0)
    topics = [["soup", "bread", "salad", "pasta", "cheese"], ["goal", "match", "race", "team", "coach"]]
    sides, y = [[], []], []
    for _ in range(160):
        a, b = rng.integers(0, 2, 2)
        for side, topic in zip(sides, (a, b), strict=True):
            side.append(" ".join(rng.choice(topics[topic], 6)))
        y.append("same" if a == b else "different")
    pool = SeveralPool([TextPool(side) for side in sides])
    session = aw.Session(pool=pool, task=Pair(), strategy="auto")
    run(session, lambda q: y[q.row], 4)
    features = session.pool.take(np.arange(160))
    said = session.predict(features).argmax(axis=1)
    assert np.mean([Pair().classes[i] == truth for i, truth in zip(said, y, strict=True)]) > 0.9
    things = np.random.default_rng(1).normal(size=(9, 2, 4))
    np.testing.assert_array_equal(compared(things[:, ::-1]), compared(things))
    assert session.suggest(0)[0] in ("same", "different")
    assert len(session.outcomes) > 0


def test_rankings_learn_a_utility_and_suggest_an_order():
    rng = np.random.default_rng(1)
    good, bad = ["superb", "lovely", "bright"], ["awful", "dull", "broken"]
    share = rng.integers(0, 7, (120, 3))
    texts = [[" ".join([*rng.choice(good, k), *rng.choice(bad, 6 - k)]) for k in column] for column in share.T]
    order = [np.argsort(-row, kind="stable").tolist() for row in share]
    session = aw.Session(pool=SeveralPool([TextPool(side) for side in texts]), task=Ranking(of=3))
    run(session, lambda q: order[q.row], 3)
    assert "no model yet" not in session.asked[-1]["reason"]
    right = [session.suggest(row)[0][0] == order[row][0] for row in range(120) if row not in session.labels]
    clear = [
        hit
        for hit, row in zip(right, [r for r in range(120) if r not in session.labels], strict=True)
        if len(set(share[row])) == 3
    ]
    assert np.mean(clear) > 0.8
    with pytest.raises(aw.BadInput, match="hold 3 things, and this ranking is of 2"):
        aw.Session(pool=SeveralPool([TextPool(side) for side in texts]), task=Ranking(of=2))
    with pytest.raises(aw.BadInput, match="are compared, not labelled by a choice"):
        aw.Session(pool=SeveralPool([TextPool(side) for side in texts]), classes=["x", "y"])


def test_the_chance_to_be_first_is_bradley_terrys_of_two():
    learner = PreferenceLearner()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 2, 3))
    orders = [[0, 1] if row[0, 0] > row[1, 0] else [1, 0] for row in X]
    learner.fit(X, orders)
    probs = learner.evidence(X, frozenset({"probs"}))["probs"]
    np.testing.assert_allclose(learner.evidence(X[:, ::-1], frozenset({"probs"}))["probs"], probs[:, ::-1])
    weights = learner._weights
    np.testing.assert_allclose(probs[:, 0], 1 / (1 + np.exp(-(X[:, 0] - X[:, 1]) @ weights)))
    assert np.mean(probs.argmax(axis=1) == [order[0] for order in orders]) > 0.9
    with pytest.raises(aw.BadInput, match="no order of 2 things"):
        learner.fit(X[:1], [[0, 0]])


def picture(left, right, width=40, height=20):
    array = np.zeros((height, width, 3), dtype=np.uint8)
    array[:, : width // 2], array[:, width // 2 :] = left, right
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


RED, BLUE = (200, 30, 30), (30, 30, 200)


def test_pixels_are_drawn_by_chance_then_where_the_model_is_unsure():
    rng = np.random.default_rng(0)
    images = []
    for _ in range(16):
        blended = np.zeros((24, 40, 3))
        blended[:, :16], blended[:, 24:] = RED, BLUE
        blended[:, 16:24] = (115, 30, 115)  # neither: nobody labels it in the first images
        noisy = np.clip(blended + rng.normal(0, 6, blended.shape), 0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(noisy).save(out, "PNG")
        images.append(out.getvalue())
    task = Pixel(["red", "blue"], pixels=4)

    def truth(query):
        named = [p for p in query.why["pixels"] if not 16 <= p["x"] < 24]
        return [{**p, "label": "red" if p["x"] < 16 else "blue"} for p in named]

    session = aw.Session(pool=ImagePool(images), task=task, control=0.25, seed=3)
    first = session.ask(6)
    assert {q.why["pixels_by"] for q in first} == {"chance"}
    assert all(len(q.why["pixels"]) == 4 for q in first)
    assert all(0 <= p["x"] < 40 and 0 <= p["y"] < 24 for q in first for p in q.why["pixels"])
    session.tell([{"row": q.row, "query": q.number, "label": truth(q)} for q in first])
    later = session.ask(6)
    by = {q.arm: q.why["pixels_by"] for q in later}
    assert by == {"strategy": "the model", "control": "chance"}
    doubted = [p["x"] for q in later if q.arm == "strategy" for p in q.why["pixels"]]
    assert np.mean([13 <= x < 27 for x in doubted]) > 0.8  # that band is a third of the image
    again = aw.Session(pool=ImagePool(images), task=task, control=0.25, seed=3)
    assert [q.why["pixels"] for q in again.ask(6)] == [q.why["pixels"] for q in first]


def test_a_coarse_grid_is_asked_in_pixels_of_the_image():
    class Corner:
        provides = frozenset({"units"})

        def evidence(self, rows, names):
            values = np.tile([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], len(rows))
            return {"units": Units(values, np.arange(len(rows) + 1) * 6, np.full((len(rows), 2), (2, 3)))}

    pool = ImagePool([picture(RED, BLUE)])
    chosen = [{"row": 0, "arm": "strategy", "why": {}}]
    point_out(Pixel(["x", "y"], pixels=1), pool, row_keys(pool.ids), 0, Corner(), chosen)
    # The last cell of 2 x 3 covers lines 10 to 20 and columns 27 to 40 of the 40 x 20 image.
    assert chosen[0]["why"] == {"pixels": [{"x": 33, "y": 15}], "pixels_by": "the model"}


def test_a_segmenter_of_pixels_tells_colours_apart():
    learner = PixelLearner(["red", "blue"], side=32)
    images = [picture(RED, BLUE), picture(BLUE, RED)]
    label = [{"x": 3, "y": 3, "label": "red"}, {"x": 35, "y": 3, "label": "blue"}]
    learner.fit(images[:1], [label])
    probs = learner.segment(images[1])
    assert probs.shape == (16, 32, 2)
    assert (probs[:, :10].argmax(-1) == 1).mean() > 0.9
    units = learner.evidence(images, frozenset({"units"}))["units"]
    assert len(units) == 2 and units.grids.tolist() == [[16, 32], [16, 32]]
    with pytest.raises(aw.BadInput, match="none of the 1 images has a labelled pixel"):
        learner.fit(images[:1], [[]])
    with pytest.raises(aw.BadInput, match="are no image"):
        learner.segment(b"no image at all")


def test_units_that_do_not_fit_are_refused():
    with pytest.raises(aw.BadInput, match="do not ascend"):
        Units(np.zeros(3), np.array([0, 2]))
    with pytest.raises(aw.BadInput, match="lines x columns"):
        Units(np.zeros(4), np.array([0, 4]), np.array([[1, 3]]))
    with pytest.raises(aw.BadInput, match="units hold nan"):
        Units(np.array([np.nan]), np.array([0, 1]))


def test_suggestions_of_numbers_and_of_several_labels():
    X = np.linspace(0, 1, 40)[:, None]
    session = aw.Session(pool=X, task="number", strategy="random")
    assert session.suggest(0) is None
    run(session, lambda q: float(10 * X[q.row, 0]), 1)
    session.ask(1)
    label, chance = session.suggest(39)
    assert 7 < label < 11 and chance is None
    several = aw.Session(pool=X, task=Multilabel(["high", "low"]), strategy="random")
    run(several, lambda q: [["low"], ["high"]][int(X[q.row, 0] > 0.5)], 1)
    several.ask(1)
    assert several.suggest(39) == (["high"], None)


def test_a_task_that_gained_settings_opens_an_older_file(tmp_path):
    pool = ImagePool([picture(RED, BLUE) for _ in range(3)])
    with aw.Session(tmp_path / "p.aw", pool=pool, task=Pixel(["x", "y"])) as session:
        events = list(session.events())
    from askwise.session.state import fold

    events[0].body["task"].pop("pixels")
    state = fold(events)
    assert state.task == Pixel(["x", "y"], pixels=10)


def test_spans_are_suggested_and_stand_in_the_query():
    names, texts = ["Ada", "Mae", "Grace", "Alan", "Emmy", "Sofia"], []
    texts = [f"{'then' if i % 2 else 'so'} {names[i % 6]} {'spoke' if i % 3 else 'left'} {i}" for i in range(60)]

    def truth(row):
        start = texts[row].index(" ") + 1
        return [{"start": start, "end": start + len(names[row % 6]), "label": "PER"}]

    session = aw.Session(pool=texts, task=Span(["PER"]), control=0.1)
    assert "predicted" not in session.ask(10)[0].why
    session.tell([{"row": q.row, "query": q.number, "label": truth(q.row)} for q in session.open_queries])
    queries = session.ask(20)
    assert np.mean([q.why["predicted"] == truth(q.row) for q in queries]) > 0.9
    assert session.suggest(queries[0].row) == (queries[0].why["predicted"], None)
    assert session.asked[-1]["strategy"]["score"] == {"name": "mnlp"}
    assert session.asked[-1]["strategy"]["pick"] == {"name": "k_means"}
    assert all(q.why["score"] > 0 for q in queries if q.arm == "strategy")


def test_pixels_are_suggested_too():
    images = [picture(RED, BLUE) for _ in range(8)]
    session = aw.Session(pool=ImagePool(images), task=Pixel(["red", "blue"], pixels=4), control=0.0)
    for query in session.ask(3):
        label = [{**p, "label": "red" if p["x"] < 20 else "blue"} for p in query.why["pixels"]]
        session.tell({"row": query.row, "query": query.number, "label": label})
    (query,) = session.ask(1)
    assert query.why["predicted"] == [{**p, "label": "red" if p["x"] < 20 else "blue"} for p in query.why["pixels"]]


def test_what_is_no_class_is_foreseen_as_well():
    X = np.linspace(0, 1, 60)[:, None]
    session = aw.Session(pool=X, task=Multilabel(["high", "low"]), strategy="random", control=0.0)
    run(session, lambda q: [["low"], ["high"]][int(X[q.row, 0] > 0.5)], 1)
    for query in session.ask(5):
        assert query.why["predicted"] in (["low"], ["high"], ["high", "low"], [])
        assert "probability" not in query.why
