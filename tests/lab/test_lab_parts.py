"""Suites on texts with spans and images with masks: files, refusals, real sessions, resuming, all fitting methods."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import askwise as aw
from askwise import lab
from askwise.catalogue import find, names
from askwise.core.errors import BadInput, MissingEvidence
from askwise.lab.bench import prepare
from askwise.lab.check import check
from askwise.lab.data import DataSpec, load, open_labelled
from askwise.lab.masked import Asked, Masked
from askwise.lab.parted import ByChance, part_learner
from askwise.lab.run import initial_rows
from askwise.lab.tagged import Tagged
from askwise.learner import PixelLearner, SpanLearner

PEOPLE, TOWNS = ["Ada", "Mae", "Grace", "Alan", "Emmy", "Sofia"], ["Oslo", "Rome", "Bern", "Lima"]


def sentence(i):
    rng = np.random.default_rng(i)
    who, where = str(rng.choice(PEOPLE)), str(rng.choice(TOWNS))
    tokens = [*["so"] * int(rng.integers(0, 4)), who, "went", "to", where, "."]
    return tokens, ["B-PER" if one == who else "B-LOC" if one == where else "O" for one in tokens]


def sentences(folder, train=60, test=20):
    folder.mkdir(exist_ok=True)
    for name, start, many in (("train", 0, train), ("test", 1000, test)):
        tokens, tags = zip(*(sentence(start + i) for i in range(many)), strict=True)
        pq.write_table(pa.table({"tokens": tokens, "tags": tags}), folder / f"{name}.parquet")
    return folder


def picture(i, size=(20, 16)):
    """Sky above, grass below, a house in some; the mask has the value 3 where nobody can say."""
    rng = np.random.default_rng(i)
    colours = np.array([[90, 140, 230], [60, 150, 60], [150, 80, 60], [0, 0, 0]])
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    mask[int(rng.integers(6, 11)) :] = 1
    if i % 2:
        mask[6:12, 4 : int(rng.integers(8, 12))] = 2
    mask[0, 0] = 3
    image = np.clip(colours[mask] + rng.normal(0, 25, (*mask.shape, 3)), 0, 255).astype(np.uint8)
    return png(image), png(mask)


def png(array):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


META = {"label_names": ["sky", "grass", "house", "void"], "void_label": 3}


def pictures(folder, train=24, test=8):
    folder.mkdir(exist_ok=True)
    for name, start, many in (("train", 0, train), ("test", 1000, test)):
        images, masks = zip(*(picture(start + i) for i in range(many)), strict=True)
        pq.write_table(pa.table({"image": images, "mask": masks}), folder / f"{name}.parquet")
    (folder / "meta.json").write_text(json.dumps(META))
    return folder


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return sentences(tmp_path_factory.mktemp("spans") / "people")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("masks") / "places")


def suite(data, names=("mnlp", "auto", "random"), **more):
    rest = {"budget": 18, "batch": 6, "initial": 6, "seeds": 2, "bound": {"rows": 0}, "strategies": list(names)}
    given = data if isinstance(data, dict) else {"data": str(data)}
    return lab.Suite.of({"name": "parts", "datasets": [given], **rest, **more})


def run(made, out=None):
    return lab.run_suite(made, out, workers=1, progress=False)


# ---- files ---------------------------------------------------------------------------------------------------------


def test_tokens_and_tags_are_texts_with_spans(texts):
    loaded = load(DataSpec.of(str(texts)))
    assert loaded.task == "span" and loaded.dataset.classes == ("LOC", "PER")
    tokens, tags = sentence(3)
    (text,) = loaded.dataset.train.pool.take(np.array([3]))
    label = loaded.dataset.train.labels[3]
    assert text == " ".join(tokens) and label == Tagged.of_tokens(tokens, tags)
    assert {text[one["start"] : one["end"]] for one in label.spans} <= {*PEOPLE, *TOWNS}


def test_other_tables_of_spans(tmp_path):
    lines = [
        {"text": "Ada went", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
        {"text": "nobody", "spans": []},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = open_labelled(tmp_path / "a.jsonl")
    assert found.classes == ("PER",) and found.train.labels[1].spans == () and found.train.labels[0].length == 2
    numbers = tmp_path / "numbers"
    numbers.mkdir()
    pq.write_table(pa.table({"tokens": [["Ada", "went"]], "tags": [[1, 0]]}), numbers / "train.parquet")
    (numbers / "meta.json").write_text('{"tags": ["O", "B-PER"]}')
    assert open_labelled(numbers).train.labels[0].spans == ({"start": 0, "end": 3, "label": "PER"},)
    (numbers / "meta.json").write_text('{"tags": ["O"]}')
    with pytest.raises(BadInput, match="has the tag 1"):
        open_labelled(numbers)


def test_tables_of_spans_that_do_not_fit(tmp_path):
    pq.write_table(pa.table({"tokens": [["Ada"]], "tags": [["O", "O"]]}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match=r"row 0 of 'a\.parquet'"):
        open_labelled(tmp_path / "a.parquet")
    pq.write_table(pa.table({"tokens": [["Ada"]], "tags": [["O"]]}), tmp_path / "b.parquet")
    with pytest.raises(BadInput, match="marks no span"):
        open_labelled(tmp_path / "b.parquet")


def test_images_with_masks(images, tmp_path):
    loaded = load(DataSpec.of(str(images)))
    assert loaded.task == "pixel" and loaded.dataset.classes == ("sky", "grass", "house")
    classes = loaded.dataset.train.labels[1].map()
    assert classes[0, 0] == -1 and set(np.unique(classes)) == {-1, 0, 1, 2}
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for i in range(3):
        image, mask = picture(i)
        (tmp_path / "images" / f"{i}.png").write_bytes(image)
        (tmp_path / "masks" / f"{i}.png").write_bytes(mask)
    found = open_labelled(tmp_path)
    assert found.classes == ("0", "1", "2", "3") and found.test is None
    assert found.train.labels[1].map()[0, 0] == 3, "only 255 is void where nothing says otherwise"
    (tmp_path / "masks" / "2.png").unlink()
    with pytest.raises(BadInput, match=r"image '2\.png' has no mask"):
        open_labelled(tmp_path)


def test_masks_that_do_not_fit(tmp_path):
    image, _ = picture(0)
    for mask, said in ((png(np.zeros((4, 4), dtype=np.uint8)), "its mask"), (b"\x89PNG\r\n\x1a\n", "is no image")):
        pq.write_table(pa.table({"image": [image], "mask": [mask]}), tmp_path / "a.parquet")
        with pytest.raises(BadInput, match=said):
            open_labelled(tmp_path / "a.parquet")
    (tmp_path / "meta.json").write_text(json.dumps(META))
    with pytest.raises(BadInput, match="is no image"):
        open_labelled(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="no one value a pixel"):
        Masked(image, (0, 1)).map()
    with pytest.raises(BadInput, match="a mask holds the value 3"):
        Masked(picture(0)[1], (0, 1)).map()


# ---- what is refused before any work -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"strategies": ["margin"]}, MissingEvidence, "margin"),
        ({"strategies": ["tailor"]}, BadInput, "tailor counts labels by class"),
        ({"learners": ["logistic"]}, BadInput, "no learner 'logistic' of spans.*Did you mean|no learner 'logistic'"),
        ({"measures": ["accuracy"]}, BadInput, "fits a task of kind 'span'; name one of span_f1"),
        ({"initial": {"per_class": 1}}, BadInput, "give a number of rows"),
        ({"oracles": [{"noise": {"region": 0.1}}]}, BadInput, "errors of kind 'region'"),
        ({"oracles": [{"cost": {"parts": 1}}]}, BadInput, "put `parts` into seconds"),
        ({"oracles": [{"annotators": "real"}]}, BadInput, "real annotators"),
        ({"learners": [{"class": "sklearn.naive_bayes.GaussianNB"}]}, BadInput, "does not learn spans"),
    ],
)
def test_what_does_not_fit_spans_is_refused(texts, more, error, said):
    with pytest.raises(error, match=said):
        check(suite(texts, **more))


def test_settings_of_masks_are_for_masks(texts, images):
    with pytest.raises(BadInput, match="has no masks"):
        check(suite({"data": str(texts), "pixels": 3}))
    for wrong, said in (({"pixels": 0}, "pixels=0"), ({"pixels": "some"}, "pixels='some'"), ({"side": 1}, "side=1")):
        with pytest.raises(BadInput, match=said):
            suite({"data": str(images), **wrong})
    with pytest.raises(BadInput, match="keep, unknown and foreground"):
        check(suite({"data": str(images), "keep": {"sky": 0.5}}))
    with pytest.raises(MissingEvidence, match="margin"):
        check(suite(images, names=["margin"]))
    with pytest.raises(BadInput, match="needs texts"):
        check(suite(images, oracles=[{"cost": "length"}]))


@pytest.mark.parametrize(("name", "kind"), [("spans", "span"), ("masks", "pixel")])
@pytest.mark.parametrize("level", ["quick", "full"])
def test_the_shipped_suites_pass_their_check(name, kind, level):
    import os

    if not os.environ.get("ASKWISE_DATA"):
        pytest.skip("the data sets are not here")
    made = lab.read_suite(name, level)
    found = check(made)
    assert {one.loaded.task for one in found} == {kind}
    assert {"auto", "random"} <= set(made.strategies)
    assert all(one.seconds for spec in made.datasets for one in spec.oracles or made.oracles)


# ---- runs ----------------------------------------------------------------------------------------------------------


def test_a_cell_of_spans_is_what_a_session_by_hand_gives(texts):
    study = run(suite(texts, names=("mnlp", "random")))
    [setting] = study.settings
    bench = prepare(load(DataSpec.of(str(texts))).dataset)
    [cell] = [
        one
        for one in suite(texts).cells(suite(texts).datasets[0], ("span_f1",), small=False)
        if one.repeat == 1 and one.strategy == "mnlp"
    ]
    truth = [[dict(one) for one in label.spans] for label in bench.labels]
    session = aw.Session(
        pool=bench.pool,
        learner=SpanLearner(bench.classes),
        task={"kind": "span", "classes": bench.classes, "overlap": False},
        strategy="mnlp",
        budget=aw.Budget(answers=18),
        seed=cell.seed,
        control=0.0,
    )
    rows = initial_rows(cell, bench).tolist()
    session.tell([aw.Answer(row, truth[row]) for row in rows])
    curve = [bench.evaluate(session.predict(bench.test), ["span_f1"])["span_f1"]]
    while queries := session.ask(6):
        session.tell([aw.Answer(q.row, truth[q.row], query=q.number) for q in queries])
        curve.append(bench.evaluate(session.predict(bench.test), ["span_f1"])["span_f1"])
        rows += [query.row for query in queries]
    assert curve == study.curve("mnlp", setting).values[1].tolist()
    name = study.repeats("mnlp", setting)[1]
    asked = [line for line in study.picks.to_pylist() if line["cell"] == name]
    assert [line["row"] for line in asked] == rows
    assert asked[0]["truth"] == "; ".join(f"{s['label']} {s['start']}-{s['end']}" for s in truth[rows[0]])
    assert study.full(setting) > 0.9


def test_pixels_are_chosen_by_the_model_for_strategies_and_by_chance_for_random(images, monkeypatch):
    from askwise.session import Session

    chosen = {}
    told = Session.tell

    def watch(self, answers):
        chosen.setdefault(self.state.config["strategy"].get("name", "random"), set()).update(
            query.why["pixels_by"] for query in self.open_queries
        )
        return told(self, answers)

    monkeypatch.setattr(Session, "tell", watch)
    data = {"data": str(images), "pixels": 4, "side": 16}
    study = run(suite(data, names=[{"score": "random", "name": "pixelpick"}, "random"]))
    assert chosen == {"pixelpick": {"the model"}, "random": {"chance"}}
    [setting] = study.settings
    assert study.measure(setting) == "miou" and 0 < study.full(setting) <= 1
    # All strategies of a seed start from the same pixels of the same images.
    first = {name: study.curve(name, setting).values[:, 0].tolist() for name in study.strategies}
    assert first["pixelpick"] == first["random"]


def test_whole_masks_are_told_cell_by_cell(images):
    data = {"data": str(images), "pixels": "all", "side": 16}
    study = run(suite(data, names=["mnlp", "random"], oracles=[{"name": "timed", "seconds": {"parts": 5.0}}]))
    line = next(one for one in study.picks.to_pylist() if one["arm"] == "strategy")
    named = sum(int(part.rsplit(" ", 1)[1]) for part in line["label"].split(", "))
    assert named == 16 * 13 - 1, "the middle of the first cell is void"
    [setting] = study.settings
    assert study.curve("mnlp", setting, over="annotation_seconds").labels[-1] > 0


def test_other_learners_take_over_the_pixels_that_one_asked_for(images):
    data = {"data": str(images), "pixels": 4, "side": 10}
    study = run(suite(data, names=["mnlp"], learners=["logistic"], evaluate_with=["boosting"], seeds=1))
    assert not study.failed and len(study.inherited) == 1
    [setting], [heir] = study.settings, study.inherited
    assert heir.learner != setting.learner
    assert study.curve("mnlp", heir).labels.tolist() == study.curve("mnlp", setting).labels.tolist()
    with pytest.raises(BadInput, match="no learner 'forst'"):
        check(suite(data, names=["mnlp"], learners=["logistic"], evaluate_with=["forst"]))


def test_the_report_compares_by_seconds_what_is_paid_by_seconds(texts, tmp_path):
    timed = {"name": "timed", "seconds": {"row": 1, "length": 1, "parts": 5}}
    study = run(suite(texts, names=("most_parts", "random"), oracles=[timed]))
    [setting] = study.settings
    arm, chance = study.paired("most_parts", "random", setting, over="annotation_seconds")
    gap = float((arm.area() - chance.area()).mean())
    page = study.report(tmp_path / "page.html").read_text("utf-8")
    section = page[page.index("By what else was spent") :][:3000]
    assert f"{gap:+.4f}" in section and "annotators' seconds" in section.replace("&#x27;", "'").replace("&#39;", "'")
    free = run(suite(texts, names=("most_parts", "random"), seeds=1))
    assert "By what else was spent" not in free.report(tmp_path / "free.html").read_text("utf-8")


def test_noise_costs_delays_and_abstentions_in_one_run(texts, images):
    noisy = {"name": "bad", "noise": 0.8, "abstain": 0.2, "delay": 1, "late": 0.2, "seconds": {"row": 1, "parts": 2}}
    for data in (texts, images):
        study = run(suite(data, names=("mnlp", "random"), oracles=[noisy, "clean"], seeds=1, budget=24))
        assert not study.failed
        bad, clean = (next(s for s in study.settings if s.oracle == name) for name in ("bad", "clean"))
        assert study.full(bad) < study.full(clean) or data is texts
        of = {one["cell"]: one["oracle"] for one in study.cells.to_pylist()}
        told = [line for line in study.picks.to_pylist() if line["label"] is not None and data is texts]
        for name, share in (("bad", 0.6), ("clean", 0.0)):
            wrong = [one["label"] != one["truth"] for one in told if of[one["cell"]] == name]
            assert not wrong or (np.mean(wrong) > share if share else not any(wrong))
        done = [one for one in study.cells.to_pylist() if one["oracle"] == "bad" and one["role"] == "strategy"]
        # Of a row asked twice both answers count, so that the last batches go beyond the budget.
        assert all(one["spent_seconds"] > 0 and 24 <= one["spent_answers"] < 40 for one in done)


def test_the_best_order_is_searched_on_small_pools_of_spans(texts):
    study = run(suite(texts, names=("random",), seeds=1, bound={"rows": 100, "proposals": 3}))
    [setting] = study.settings
    bound, chance = study.paired("best order", "random", setting)
    assert bound.area()[0] >= chance.area()[0]


def _parts_methods():
    """Every strategy of the catalogue that a learner of parts can serve: what it needs is on offer."""
    from askwise.core.evidence import plan
    from askwise.strategy import Strategy

    offers = {"part_doubt", "part_count", "units", "embeddings", "noise", "costs"}
    offers |= {"labelled_embeddings", "target_embeddings", "refused_embeddings"}
    found = []
    for name in names():
        strategy = find(name)
        if not isinstance(strategy, Strategy):
            continue
        try:
            plan(strategy.wants(), frozenset(offers))
        except MissingEvidence:
            continue
        found.append(name)
    return found


def test_no_method_that_fits_fails_on_spans_or_masks(texts, images):
    fitting = _parts_methods()
    assert {"mnlp", "total_doubt", "most_parts", "typiclust", "k_center", "random"} <= set(fitting)
    more = {"seeds": 1, "batch": 4, "initial": 4, "budget": 12}
    for data in (str(texts), {"data": str(images), "pixels": 3, "side": 10}):
        learner = ["linear" if isinstance(data, str) else "logistic"]
        study = run(suite(data, names=[*fitting, "auto"], learners=learner, **more))
        assert not study.failed, [f"{one['strategy']}: {one['error']}" for one in study.failed]


def test_per_cost_divides_the_doubt_by_the_price(texts):
    cheap = {"score": "total_doubt", "pick": {"name": "per_cost"}, "name": "per word"}
    made = suite(texts, names=[cheap, "total_doubt"], oracles=[{"name": "paid", "cost": {"length": 1}}])
    study = run(made)
    [setting] = study.settings
    spent = [study.curve(name, setting, over="cost").labels[-1] for name in ("per word", "total_doubt")]
    assert spent[0] < spent[1]
    with pytest.raises(MissingEvidence, match="costs"):
        check(suite(texts, names=[cheap]))


def test_simulate_takes_texts_with_spans(texts, tmp_path):
    results = lab.simulate(texts, ["mnlp", "random"], budget=18, batch=6, repeats=2, workers=1, progress=False)
    assert results.measures == ("span_f1", "token_accuracy") and results.curve("mnlp").mean()[-1] > 0.5
    page = results.report(tmp_path / "page.html")
    assert "span F1" in Path(page).read_text("utf-8")


SCRIPT = """
import sys
from askwise import lab
images = {"data": sys.argv[2], "pixels": 3, "side": 10}
made = lab.Suite.of({"name": "cut", "datasets": [sys.argv[1], images], "seeds": 3, "learners": ["default"],
                     "strategies": ["mnlp", "typiclust"], "budget": 16, "batch": 4, "initial": 4, "bound": {"rows": 0}})
lab.run_suite(made, sys.argv[3], workers=1, progress=False)
"""


@pytest.mark.slow
def test_a_killed_suite_of_parts_resumes_as_if_nothing_had_been(texts, images, tmp_path):
    for folder, cut in (("whole", False), ("cut", True), ("cut", False)):
        command = [sys.executable, "-c", SCRIPT, str(texts), str(images), str(tmp_path / folder)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 600
        cells = tmp_path / folder / "cells"
        while cut and time.monotonic() < deadline and len(list(cells.glob("*.json"))) < 4:
            time.sleep(0.02)
        if cut:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=600)
    whole, again = lab.Study.read(tmp_path / "whole"), lab.Study.read(tmp_path / "cut")
    kept = ("cell", "position", "row", "label")
    assert [[line[name] for name in kept] for line in whole.picks.to_pylist()] == [
        [line[name] for name in kept] for line in again.picks.to_pylist()
    ]
    heights = [[one.curve("mnlp", s).values.tolist() for s in one.settings] for one in (whole, again)]
    assert heights[0] == heights[1] and len(heights[0]) == 2


def test_a_simulation_of_spans_resumes_from_its_files(texts, tmp_path, monkeypatch):
    def go(folder):
        return lab.simulate(
            texts, ["mnlp"], budget=18, batch=6, repeats=1, workers=1, progress=False, workdir=tmp_path / folder
        )

    whole = go("whole").curve("mnlp").values.tolist()
    from askwise.session import Session

    counted, measure = [], Session.measure

    def dying(self, **values):
        counted.append(1)
        if len(counted) == 2:
            raise KeyboardInterrupt
        measure(self, **values)

    monkeypatch.setattr(Session, "measure", dying)
    with pytest.raises(KeyboardInterrupt):
        go("cut")
    monkeypatch.setattr(Session, "measure", measure)
    assert go("cut").curve("mnlp").values.tolist() == whole


# ---- learners ------------------------------------------------------------------------------------------------------


def test_a_memory_changes_nothing_but_the_time(texts, images):
    for folder, kind in ((texts, "span"), (images, "pixel")):
        data = load(DataSpec.of(str(folder))).dataset
        bench = prepare(data, asked=Asked(3, side=10))
        rows = data.train.pool.take(np.arange(12))
        labels = bench.targets()[:12]
        memory = {}
        plain, other = (part_learner(None, kind, data.classes, Asked(3, 10), one) for one in (None, memory))
        other.look(rows[:5])
        assert len(memory) == len(set(rows[:5]))
        for one in (plain, other):
            one.fit(rows, labels, None, seed=3)
        asked = frozenset({"part_doubt", "part_count"})
        first, second = plain.evidence([*rows, rows[0]], asked), other.evidence([*rows, rows[0]], asked)
        np.testing.assert_allclose(first["part_doubt"], second["part_doubt"], rtol=1e-3)
        assert first["part_count"].tolist() == second["part_count"].tolist()


def test_doubt_and_number_of_the_parts_of_an_image():
    data, mask = picture(1)
    classes = np.asarray(Image.open(io.BytesIO(mask)))
    label = [{"x": x, "y": y, "label": int(classes[y, x])} for y in range(16) for x in range(20) if classes[y, x] < 3]
    learner = PixelLearner([0, 1, 2], side=10, trees=5, most=40, doubt=True)
    learner.fit([data], [label])
    found = learner.evidence([data], frozenset({"part_doubt", "part_count"}))
    probs = learner.segment(data)
    assert probs.shape == (8, 10, 3) and found["part_count"].tolist() == [80.0]
    assert found["part_doubt"][0] == pytest.approx(np.mean([-np.log(p.max()) for p in probs.reshape(-1, 3)]))


def test_an_image_is_learnt_from_so_many_pixels_at_most():
    class Counting:
        def __init__(self):
            self.seen = None

        def get_params(self, deep=True):
            return {}

        def set_params(self, **given):
            return self

        def fit(self, X, y):
            self.classes_ = np.unique(y)
            Counting.shape = X.shape
            return self

    data, _ = picture(0)
    label = [{"x": x, "y": y, "label": 0} for x in range(20) for y in range(16)]
    for place, width in ((False, 23), (True, 25)):
        PixelLearner([0, 1], side=10, estimator=Counting(), place=place, most=7).fit([data, data], [label, label[:3]])
        assert Counting.shape == (10, width)


def test_by_chance_hides_which_pixels_are_in_doubt_and_nothing_else():
    assert PixelLearner(["a", "b"]).provides == {"units"}, "doubt about whole images is dear, and asked for"
    learner = PixelLearner(["a", "b"], doubt=True)
    hidden = ByChance(learner)
    assert hidden.provides == learner.provides - {"units"} and hidden.name_at == learner.name_at
