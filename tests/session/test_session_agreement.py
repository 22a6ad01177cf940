"""Agreement over a session, by kind of answer: the coefficients of `crowd`, or why there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import askwise as aw
from askwise.cli import app
from askwise.crowd import (
    Marked,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
    table,
    unitizing_alpha,
)

POOL = np.arange(40.0).reshape(20, 2)


def tell(session, said):
    """said: {row: {annotator: label}}."""
    for row, voices in said.items():
        for name, label in voices.items():
            kind = "abstain" if label is None else "label"
            session.tell(aw.Answer(row=row, label=label, annotator=name, kind=kind))


@pytest.fixture
def session():
    with aw.Session(pool=POOL, classes=["no", "yes"], overlap=3) as made:
        rng = np.random.default_rng(0)
        people = ("ana", "ben", "cleo")
        yes = rng.random((15, 3)) < 0.3 + 0.4 * (np.arange(15)[:, None] % 2)
        tell(made, {row: dict(zip(people, np.where(yes[row], "yes", "no").tolist(), strict=True)) for row in range(15)})
        tell(made, {15: {"ana": "no"}, 16: {"ana": "yes", "ben": None}})
        yield made


def test_classes(session):
    found = session.agreement(draws=50)
    lines = [(a.row, a.annotator, session.classes.index(a.label)) for a in session.answers if a.row < 15]
    said = table(dict(zip(("item", "annotator", "label"), zip(*lines, strict=True), strict=True)))
    assert (found.rows, found.shared, found.annotators) == (17, 15, ("ana", "ben", "cleo"))
    assert found.get("percent").found.value == percent_agreement(said).value
    assert found.get("fleiss_kappa").found.value == fleiss_kappa(said).value
    assert found.get("krippendorff_alpha", "nominal").found.value == pytest.approx(krippendorff_alpha(said).value)
    ana, cleo = ([label for _, who, label in lines if who == name] for name in ("ana", "cleo"))
    assert found.get("cohen_kappa", "ana, cleo").found.value == pytest.approx(cohen_kappa(ana, cleo).value)
    assert len(found.coefficients) == 6


def test_a_reviewers_word_is_no_voice(session):
    before = session.agreement(draws=0).get("percent").found.value
    session.adjudicate(0, "yes", reviewer="rita", reason="hard")
    assert session.agreement(draws=0).get("percent").found.value == before


def test_scales_for_classes_in_order():
    with aw.Session(pool=POOL, classes=[1, 2, 5]) as session:
        tell(session, {row: {"ana": (1, 2, 5)[row % 3], "ben": (1, 5, 5)[row % 3]} for row in range(9)})
        lines = {"item": np.repeat(range(9), 2), "annotator": [0, 1] * 9, "label": [0, 0, 1, 2, 2, 2] * 3}
        said = table(lines, classes=3)
        for scale, values in (("ordinal", None), ("interval", [1.0, 2.0, 5.0])):
            wanted = krippendorff_alpha(said, scale=scale, values=values).value
            assert session.agreement(scale=scale, draws=0).get("krippendorff_alpha", scale).found.value == wanted
        with pytest.raises(aw.BadInput, match="Did you mean 'ordinal'"):
            session.agreement(scale="ordinla")


def test_numbers_are_compared_on_the_interval_scale():
    with aw.Session(pool=POOL, task="number") as session:
        tell(session, {0: {"a": 1.0, "b": 1.5}, 1: {"a": 4.0, "b": 4.0}, 2: {"a": 9.0, "b": 8.0}})
        values = [1.0, 1.5, 4.0, 8.0, 9.0]
        said = table({"item": [0, 0, 1, 1, 2, 2], "annotator": [0, 1] * 3, "label": [0, 1, 2, 2, 4, 3]}, classes=5)
        found = session.agreement(draws=0)
        wanted = krippendorff_alpha(said, scale="interval", values=values).value
        assert found.get("krippendorff_alpha", "interval").found.value == pytest.approx(wanted)
        assert found.get("percent").found.value == pytest.approx(1 / 3)


def test_several_labels_are_compared_one_by_one():
    with aw.Session(pool=POOL, task={"kind": "multilabel", "classes": ["x", "y"]}) as session:
        tell(session, {0: {"a": ["x"], "b": ["x", "y"]}, 1: {"a": [], "b": []}, 2: {"a": ["x"], "b": ["x"]}})
        found = session.agreement(draws=0)
        assert found.get("krippendorff_alpha", "x").found.value == 1
        said = table({"item": [0, 0, 1, 1, 2, 2], "annotator": [0, 1] * 3, "label": [0, 1, 0, 0, 0, 0]})
        assert found.get("krippendorff_alpha", "y").found.value == krippendorff_alpha(said).value


def test_spans_are_compared_by_place(tmp_path):
    texts = ["Ada met Bob in Rome", "nobody was there"]
    spans = [{"start": 0, "end": 3, "label": "who"}, {"start": 15, "end": 19, "label": "where"}]
    path = tmp_path / "s.aw"
    with aw.Session(path, pool=texts, task={"kind": "span", "classes": ["who", "where"]}) as session:
        tell(session, {0: {"a": spans, "b": spans[:1]}, 1: {"a": [], "b": []}})
        found = session.agreement(draws=0)
        pieces = {"a": [(0, 3, "who"), (15, 19, "where")], "b": [(0, 3, "who")]}
        wanted = unitizing_alpha([Marked(19, pieces), Marked(16, {"a": [], "b": []})], draws=0)
        assert found.get("unitizing_alpha").found.value == wanted.value
        assert found.get("unitizing_alpha", "who").found.value == 1
    assert "give the pool" in aw.Session.open(path).agreement().get("unitizing_alpha").why


def test_it_says_why_a_coefficient_is_undefined(tmp_path):
    with aw.Session(tmp_path / "s.aw", pool=POOL, classes=["no", "yes"]) as session:
        tell(session, {0: {"ana": "no"}})
        assert "overlap=2" in str(session.agreement())
        head = str(session.agreement()).splitlines()[0]
        assert head == "0 of 1 answered row have two answers or more, by 1 annotator."
        tell(session, {0: {"ben": "no"}})
        found = session.agreement().get("fleiss_kappa")
        assert "every answer says the same" in str(found)
    result = CliRunner().invoke(app, ["agreement", str(tmp_path / "s.aw"), "--json"])
    assert result.exit_code == 0, result.output
    lines = {one["name"]: one for one in json.loads(result.output)["coefficients"]}
    assert lines["percent"]["value"] == 1.0 and lines["fleiss_kappa"]["value"] is None


def test_the_command_prints_a_line_a_coefficient(session, tmp_path):
    path = tmp_path / "s.aw"
    with aw.Session(path, pool=POOL, classes=["no", "yes"]) as other:
        tell(other, {row: {"ana": "no", "ben": ("no", "yes")[row % 2]} for row in range(4)})
    result = CliRunner().invoke(app, ["agreement", str(path)])
    assert result.output.splitlines()[0] == "4 of 4 answered rows have two answers or more, by 2 annotators."
    assert "percent: 0.500 (95% interval" in result.output and "cohen_kappa (ana, ben): 0.000" in result.output
