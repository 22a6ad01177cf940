"""What simulated annotators get wrong about spans and masks, what parts cost, how they are measured: by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.core.noise import Noise, row_keys
from askwise.lab.masked import VOID, Asked, Masked, MaskTruth
from askwise.lab.measures import evaluate
from askwise.lab.oracle import Facts, SimulatedOracle, costs
from askwise.lab.oracle_spec import OracleSpec
from askwise.lab.part_measures import mean_class_accuracy, miou, pixel_accuracy, span_f1
from askwise.lab.slips import rates, told_pixels, told_spans
from askwise.lab.tagged import Tagged, TagTruth
from askwise.session import Query
from askwise.task import Pixel, Span

WORDS = ["The", "old", "Ada", "Lovelace", "of", "London", "wrote", "to", "Paris"]
TAGS = ["O", "O", "B-PER", "I-PER", "O", "B-LOC", "O", "O", "B-LOC"]
LABEL = Tagged.of_tokens(WORDS, TAGS)
TEXT = " ".join(WORDS)
NONE = {"missed": 0.0, "shifted": 0.0, "kind": 0.0, "invented": 0.0}
N = 3000


def told(n=N, classes=("PER", "LOC"), label=LABEL, **shares):
    """What N annotators say of one text."""
    noises = [Noise(seed, len(label.spans) + 1) for seed in range(n)]
    return [told_spans(label, {**NONE, **shares}, classes, one) for one in noises]


def words_of(span):
    return TEXT[span["start"] : span["end"]]


def test_tokens_give_characters_and_come_back_as_tags():
    assert [words_of(one) for one in LABEL.spans] == ["Ada Lovelace", "London", "Paris"]
    assert LABEL.tags() == TAGS and LABEL.length == 9
    assert [TEXT[a:b] for a, b in LABEL.words] == WORDS
    by_text = Tagged.of_text(TEXT, LABEL.spans)
    assert by_text == LABEL
    with pytest.raises(BadInput, match="overlap"):
        Tagged.of_text(TEXT, [*LABEL.spans, {"start": 12, "end": 20, "label": "LOC"}])
    with pytest.raises(BadInput, match="beyond the text"):
        Tagged.of_text("Ada", LABEL.spans)


def test_without_errors_the_truth_is_told():
    assert told(n=3) == [[dict(one) for one in LABEL.spans]] * 3


def test_a_share_of_the_spans_is_missed():
    found = told(missed=0.3)
    assert all(one in LABEL.spans for said in found for one in said)
    assert sum(map(len, found)) / (3 * N) == pytest.approx(0.7, abs=0.02)


def test_a_span_of_another_kind_has_the_same_ends():
    found = told(kind=0.4, classes=("PER", "LOC", "ORG"))
    wrong = Counter()
    for said in found:
        assert [(one["start"], one["end"]) for one in said] == [(one["start"], one["end"]) for one in LABEL.spans]
        wrong.update((true["label"], one["label"]) for true, one in zip(LABEL.spans, said, strict=True))
    off = sum(many for (true, now), many in wrong.items() if true != now)
    assert off / (3 * N) == pytest.approx(0.4, abs=0.02)
    assert wrong["PER", "LOC"] / (wrong["PER", "LOC"] + wrong["PER", "ORG"]) == pytest.approx(0.5, abs=0.05)
    assert told(n=5, kind=1.0, classes=("PER",), label=Tagged(LABEL.spans[:1], LABEL.words)) == [[LABEL.spans[0]]] * 5


def test_a_shifted_span_is_one_of_those_that_enumeration_gives():
    """All ways to move one end by a word: of a single word only outwards, never into another span."""
    ways = {"Ada Lovelace": {"old Ada Lovelace", "Ada Lovelace of", "Ada", "Lovelace"}}
    ways |= {"London": {"of London", "London wrote"}, "Paris": {"to Paris"}}
    found = told(shifted=1.0)
    seen = {name: set() for name in ways}
    for said in found:
        for true, one in zip(LABEL.spans, said, strict=True):
            seen[words_of(true)].add(words_of(one))
        Span(["PER", "LOC"], overlap=False).check(said, {"text": TEXT})  # raises where two overlap
    assert seen == ways
    both = [said for said in found if {"Ada Lovelace of", "of London"} <= {words_of(one) for one in said}]
    assert not both, "two spans would share a word"
    alone = Tagged.of_tokens(["Paris"], ["B-LOC"])
    assert told(n=3, label=alone, shifted=1.0) == [[]] * 3


def test_an_invented_span_is_a_word_of_no_other():
    found = told(invented=0.25)
    new = [one for said in found for one in said if one not in LABEL.spans]
    assert len(new) / N == pytest.approx(0.25, abs=0.03)
    assert {words_of(one) for one in new} == {"The", "old", "of", "wrote", "to"}
    assert {one["label"] for one in new} == {"PER", "LOC"}
    full = Tagged.of_tokens(["Ada"], ["B-PER"])
    assert told(n=3, label=full, invented=1.0) == [list(full.spans)] * 3


def test_one_number_is_shared_by_the_errors_that_can_be():
    assert rates(0.3, "span", 1) == {"missed": 0.15, "shifted": 0.15, "kind": 0.0, "invented": 0.0}
    right = np.mean([one == list(map(dict, LABEL.spans)) for one in told(**rates(0.3, "span", 2))])
    assert right == pytest.approx(0.7**3, abs=0.03)


# ---- masks ---------------------------------------------------------------------------------------------------------

MAP = np.array([[0, 0, 1, 1], [0, 0, 1, VOID], [2, 2, 0, 0], [2, 2, 0, 0]])
MASK = Masked.of(MAP)
EVERY = np.stack(np.divmod(np.arange(16), 4), axis=1)
CLASSES = ["sky", "tree", "road"]


def named(n=2000, **shares):
    given = {"region": 0.0, "pixel": 0.0, **shares}
    return [told_pixels(MASK, EVERY, given, CLASSES, Noise(seed, 16)) for seed in range(n)]


def test_a_mask_is_what_it_was_and_its_regions_are_connected():
    assert MASK.map().tolist() == MAP.tolist() and MASK.size == (4, 4)
    regions = MASK.regions()
    # Two pieces of sky that touch at a corner only, the tree, the road, and the void pixel.
    assert len(np.unique(regions)) == 5 and regions[0, 0] != regions[2, 2]
    for number in np.unique(regions):
        assert len(np.unique(MAP[regions == number])) == 1


def test_void_is_not_named_and_the_truth_is_told_without_errors():
    said, regions = named(n=1)[0]
    assert regions == 4 and len(said) == 15
    assert all(CLASSES[MAP[one["y"], one["x"]]] == one["label"] for one in said)
    assert Pixel(CLASSES).check(said) == sorted(said, key=lambda one: (one["y"], one["x"]))


def test_a_region_taken_for_another_class_is_so_everywhere():
    numbers, wrong = MASK.regions(), Counter()
    for said, _ in named(region=0.3):
        of_region = {}
        for one in said:
            of_region.setdefault(numbers[one["y"], one["x"]], set()).add(one["label"])
        assert all(len(names) == 1 for names in of_region.values())
        for number, names in of_region.items():
            true = CLASSES[MAP[numbers == number][0]]
            wrong[true, names.pop()] += 1
    share = sum(many for (true, now), many in wrong.items() if true != now) / sum(wrong.values())
    assert share == pytest.approx(0.3, abs=0.02)
    assert wrong["tree", "sky"] / (wrong["tree", "sky"] + wrong["tree", "road"]) == pytest.approx(0.5, abs=0.06)


def test_a_pixel_may_be_wrong_by_itself():
    wrong = [CLASSES[MAP[one["y"], one["x"]]] != one["label"] for said, _ in named(pixel=0.2) for one in said]
    assert np.mean(wrong) == pytest.approx(0.2, abs=0.01)


def test_measures_in_cells_are_those_of_all_pixels():
    """The slow way: the prediction is blown up to the size of the mask, and every pixel is looked at."""
    rng = np.random.default_rng(0)
    maps = [rng.integers(-1, 3, size=size) for size in ((7, 9), (12, 5))]
    truth = MaskTruth([Masked.of(one) for one in maps], 3, side=4)
    predicted = [rng.random((*cells, 3)) for cells in truth.grids]
    both, either, right, there = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    for one, probs in zip(maps, predicted, strict=True):
        for y, x in np.ndindex(one.shape):
            guess = probs[y * probs.shape[0] // one.shape[0], x * probs.shape[1] // one.shape[1]].argmax()
            if one[y, x] >= 0:
                both[guess] += guess == one[y, x]
                either[guess] += 1
                either[one[y, x]] += guess != one[y, x]
                right[one[y, x]] += guess == one[y, x]
                there[one[y, x]] += 1
    found = evaluate(["miou", "pixel_accuracy", "mean_class_accuracy"], *truth.paired(predicted))
    assert found["miou"] == pytest.approx((both / either).mean())
    assert found["pixel_accuracy"] == pytest.approx(right.sum() / there.sum())
    assert found["mean_class_accuracy"] == pytest.approx((right / there).mean())


def test_measures_of_class_maps_agree_with_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score, jaccard_score

    rng = np.random.default_rng(1)
    truth, guess = rng.integers(0, 4, size=(2, 30, 30))
    t, p = truth.ravel(), guess.ravel()
    assert miou(truth, guess) == pytest.approx(jaccard_score(t, p, average="macro"))
    assert pixel_accuracy(truth, guess) == pytest.approx((t == p).mean())
    assert mean_class_accuracy(truth, guess) == pytest.approx(balanced_accuracy_score(t, p))
    assert np.isnan(miou(np.full((2, 2), -1), np.zeros((2, 2), dtype=int)))


def test_a_prediction_on_another_grid_is_read_at_the_middle_of_each_cell():
    truth = MaskTruth([MASK], 3, side=2)
    fine = np.eye(3)[[[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]]]
    assert truth.paired([fine])[1].tolist() == [0, 1, 2, 0]


def test_spans_are_measured_on_the_words_that_they_touch():
    truth = TagTruth([LABEL])
    cut = {"start": TEXT.index("Love"), "end": TEXT.index("lace") + 4, "label": "PER"}  # a part of the second word
    right = [{**LABEL.spans[1]}, {**LABEL.spans[2], "label": "PER"}]
    tags, found = truth.paired([[cut, *right]])
    assert found[0] == ["O", "O", "O", "B-PER", "O", "B-LOC", "O", "O", "B-PER"]
    # One of three right in both directions.
    assert span_f1(tags, found) == pytest.approx(1 / 3)
    two = evaluate(["span_precision", "span_recall", "token_accuracy"], *truth.paired([right[:1]]))
    assert two == {"span_precision": 1.0, "span_recall": pytest.approx(1 / 3), "token_accuracy": pytest.approx(6 / 9)}
    nothing = evaluate(["span_f1", "span_precision"], *truth.paired([[]]))
    assert nothing == {"span_f1": 0.0, "span_precision": 0.0}


# ---- oracles -------------------------------------------------------------------------------------------------------

SHORT = Tagged.of_tokens(["Oslo", "slept"], ["B-LOC", "O"])
FACTS = Facts(row_keys(np.arange(2)), [LABEL, SHORT], ("PER", "LOC"), np.array([9.0, 2.0]))
IMAGES = Facts(row_keys(np.arange(1)), [MASK], tuple(CLASSES), asked=Asked(3, side=2))


def query(row, **why):
    return Query(row, row, row, 1, "strategy", why=why)


def test_prices_and_seconds_by_hand():
    spec = OracleSpec.of({"name": "paid", "cost": {"row": 3, "length": 0.5}, "seconds": {"row": 2, "parts": 4}})
    assert costs(spec, FACTS, 0).tolist() == [7.5, 4.0]
    assert costs(OracleSpec.of({"cost": "length"}), FACTS, 0).tolist() == [9 / 5.5, 2 / 5.5]
    found = [
        [answer.seconds for seed in range(4000) for answer in SimulatedOracle(spec, FACTS, seed)([query(row)])]
        for row in (0, 1)
    ]
    # Two seconds a row and four a span: three spans, and one; log-normal around that mean.
    assert np.mean(found[0]) == pytest.approx(14, rel=0.03) and np.mean(found[1]) == pytest.approx(6, rel=0.03)
    assert np.std(np.log(found[0])) == pytest.approx(0.5, abs=0.02)


def test_seconds_count_what_was_answered():
    missing = OracleSpec.of({"name": "blind", "noise": {"missed": 1.0}, "seconds": {"row": 2, "parts": 4, "length": 1}})
    seeing = OracleSpec.of({"name": "sees", "seconds": {"row": 2, "parts": 4, "length": 1}})
    (one,), (other,) = (SimulatedOracle(spec, FACTS, 7)([query(0)]) for spec in (missing, seeing))
    assert one.label == [] and one.seconds / other.seconds == pytest.approx((2 + 9) / (2 + 9 + 12))
    unsure = OracleSpec.of({"name": "unsure", "abstain": 0.999, "seconds": {"row": 2, "parts": 4, "length": 1}})
    (none,) = SimulatedOracle(unsure, FACTS, 7)([query(0)])
    assert none.kind == "abstain" and none.seconds / other.seconds == pytest.approx(11 / 23)


def test_pixels_asked_are_named_and_a_whole_mask_is_the_middle_of_each_cell():
    asked = [{"x": 3, "y": 1}, {"x": 2, "y": 0}]
    spec = OracleSpec.of({"name": "timed", "seconds": {"length": 1.0, "parts": 10.0}})
    (one,) = SimulatedOracle(spec, IMAGES, 0)([query(0, pixels=asked)])
    assert one.label == [{"x": 2, "y": 0, "label": "tree"}]  # the other one is void
    (whole,) = SimulatedOracle(spec, IMAGES, 0, whole=True)([query(0, pixels=asked)])
    assert [(p["y"], p["x"], p["label"]) for p in whole.label] == [(1, 1, "sky"), (3, 1, "road"), (3, 3, "sky")]
    assert whole.seconds / one.seconds == pytest.approx((3 + 30) / (1 + 10))
    told = [SimulatedOracle(spec, IMAGES, 0)([query(0)])[0].label for _ in range(2)]
    assert told[0] == told[1] and 2 <= len(told[0]) <= 3, "without a choice, chance draws the same each time"


@pytest.mark.parametrize("facts", [FACTS, IMAGES])
def test_what_is_said_depends_on_seed_row_and_annotator_alone(facts):
    spec = OracleSpec.of({"noise": 0.5, "annotators": 3, "answers": 2, "skill": [0.2, 0.9]})
    rows = list(range(len(facts.labels)))
    one = [(a.row, a.annotator, a.label) for a in SimulatedOracle(spec, facts, 3)([query(row) for row in rows])]
    other = SimulatedOracle(spec, facts, 3)
    again = [(a.row, a.annotator, a.label) for row in reversed(rows) for a in other([query(row)])]
    assert sorted(map(str, one)) == sorted(map(str, again))
    many = {str(SimulatedOracle(spec, facts, seed)([query(0)])[0].label) for seed in range(20)}
    assert len(many) > 1


@pytest.mark.parametrize(
    ("spec", "task", "said"),
    [
        ({"noise": {"mised": 0.1}}, "span", "Did you mean 'missed'"),
        ({"noise": {"missed": 0.1}}, "pixel", "errors of kind 'missed'"),
        ({"noise": {"missed": 0.1}}, "choice", "is about parts of a row"),
        ({"noise": {"missed": 0.7, "kind": 0.5}}, "span", "1.2 of the spans would be wrong"),
        ({"noise": {"region": 1.5}}, "pixel", "region=1.5 .* is no share"),
        ({"noise": 1.5}, "span", "noise=1.5 .* is no share"),
        ({"noise": [[1.0, 0.0], [0.0, 1.0]]}, "span", "give a share"),
        ({"annotators": "real"}, "span", "wants the answers of real annotators"),
        ({"seconds": {"parts": 1}}, "choice", "takes seconds for parts"),
    ],
)
def test_what_annotators_cannot_get_wrong(spec, task, said):
    made = OracleSpec.of({"name": "x", **spec})
    with pytest.raises(BadInput, match=said):
        made.check(task, 2, crowd=False)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"seconds": {"words": 1}}, "no term 'words'"),
        ({"seconds": {"row": -1}}, "row=-1"),
        ({"seconds": {"row": 0}}, "comes to nothing"),
        ({"seconds": 0}, "seconds=0"),
    ],
)
def test_seconds_that_cannot_be(spec, said):
    with pytest.raises(BadInput, match=said):
        OracleSpec.of({"name": "x", **spec})


@pytest.mark.parametrize(
    ("cost", "facts", "said"),
    [
        ({"parts": 1}, FACTS, "not known before it is given"),
        ({"length": 1}, IMAGES, "needs texts"),
        ({"wrods": 1}, FACTS, "no term 'wrods'"),
        ("words", FACTS, "cost='words'"),
    ],
)
def test_prices_that_cannot_be(cost, facts, said):
    with pytest.raises(BadInput, match=said):
        costs(OracleSpec.of({"name": "x", "cost": cost}), facts, 0)


def test_an_oracle_is_called_by_its_table():
    assert OracleSpec.of({"noise": {"missed": 0.1, "kind": 0.2}}).name == "noise=(missed 0.1, kind 0.2)"
    assert OracleSpec.of({"noise": {"missed": 0.0}}).varies is False and OracleSpec.of({"noise": {"kind": 0.1}}).varies
