"""The tagger of spans: tags, sequences against enumeration, what it learns, and what is refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.learner import SpanLearner
from askwise.learner.tagger import likeliest
from askwise.task import Span


def span(text, piece, label):
    start = text.index(piece)
    return {"start": start, "end": start + len(piece), "label": label}


def allowed(tags):
    """Whether every inside tag follows the begin or the inside tag of its class."""
    return all(tag == 0 or tag % 2 == 1 or (i > 0 and tags[i - 1] in (tag - 1, tag)) for i, tag in enumerate(tags))


@pytest.mark.parametrize("seed", range(20))
def test_the_likeliest_sequence_is_that_of_enumeration(seed):
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(5, 0.5), size=5)
    sequences = [tags for tags in product(range(5), repeat=5) if allowed(tags)]
    gains = [sum(np.log(np.maximum(probs[i, tag], 1e-12)) for i, tag in enumerate(tags)) for tags in sequences]
    assert likeliest(probs) == list(sequences[int(np.argmax(gains))])
    assert likeliest(probs[:0]) == []


def test_tags_begin_and_go_on_and_the_longest_of_overlapping_spans_counts():
    learner = SpanLearner(["PER", "LOC"])
    text = "Ada Lovelace of London, Ontario"
    label = [span(text, "London", "PER"), span(text, "Ada Lovelace", "PER"), span(text, "London, Ontario", "LOC")]
    from askwise.learner.tagger import _words

    words = _words(text)
    tags = learner._tags(words, label)
    assert tags.tolist() == [1, 2, 0, 3, 4, 4]
    kept = sorted([label[1], label[2]], key=lambda one: one["start"])
    assert learner._spans(words, tags.tolist()) == kept


def test_names_are_found_in_sentences_that_were_not_seen():
    rng = np.random.default_rng(0)
    first, last = ["Ada", "Mae", "Grace", "Alan"], ["Lovelace", "Jemison", "Hopper", "Turing"]
    towns = ["Genève", "London", "Oslo", "Quito"]

    def sentence():
        name, town = f"{rng.choice(first)} {rng.choice(last)}", str(rng.choice(towns))
        text = str(rng.choice([f"Today {name} came to {town}.", f"In {town}, {name} spoke for an hour 😀."]))
        return text, [span(text, name, "PER"), span(text, town, "LOC")]

    given = [sentence() for _ in range(60)]
    learner = SpanLearner(["PER", "LOC"])
    learner.fit([text for text, _ in given[:40]], [label for _, label in given[:40]], seed=1)
    task = Span(["PER", "LOC"])
    found = learner.answers([text for text, _ in given[40:]])
    right = [
        task.check(one, {"text": text}) == task.check(label)
        for one, (text, label) in zip(found, given[40:], strict=True)
    ]
    assert np.mean(right) > 0.9
    again = SpanLearner(["PER", "LOC"])
    again.fit([text for text, _ in given[:40]], [label for _, label in given[:40]], seed=1)
    assert again.answers([given[50][0]]) == [found[10]]


def test_units_are_one_for_each_word_and_higher_where_it_is_unsure():
    # "May" is a name in half of the texts that are alike in all else; no other word is in doubt.
    names = ["Ada", "Bob", "Eve", "May", "May"]
    texts = [f"then {name} spoke" for name in names] * 8
    labels = [[] if i % 5 == 4 else [span(text, text.split()[1], "PER")] for i, text in enumerate(texts)]
    learner = SpanLearner(["PER"])
    learner.fit(texts, labels)
    units = learner.evidence(["then May spoke", "", "then Ada"], frozenset({"units"}))["units"]
    assert np.diff(units.offsets).tolist() == [3, 0, 2]
    assert ((units.values >= 0) & (units.values <= np.log(3))).all()
    assert units.of(0)[1] > max(units.of(0)[0], units.of(0)[2], *units.of(2))


def test_a_tagger_of_nothing_but_empty_answers_finds_nothing():
    learner = SpanLearner(["PER"])
    learner.fit(["no names here", "nor here"], [[], []])
    assert learner.answers(["Ada spoke"]) == [[]]
    assert learner.evidence(["Ada"], frozenset({"units"}))["units"].values.tolist() == [0.0]


def test_what_cannot_be_learned_is_refused():
    learner = SpanLearner(["PER"])
    with pytest.raises(BadInput, match="has not been fitted"):
        learner.answers(["Ada"])
    with pytest.raises(BadInput, match="none of the 2 texts has a word"):
        learner.fit(["", " "], [[], []])
