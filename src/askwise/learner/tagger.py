"""A tagger of spans that learns in tenths of a second: a linear model of each word and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import Array, FloatArray, Rows
from askwise.core.units import Units
from askwise.learner.rows import as_objects, check_names, checked_lengths

WORD = re.compile(r"\w+|[^\w\s]")
OUT = 0
"""Index of the tag of words outside of every span; class c has 2 c + 1 where a span begins and 2 c + 2 inside it."""

Label = Sequence[Mapping[str, Any]]
Told = tuple[list[re.Match[str]], Any]
"""Words of a text, and what is told of each as rows of a sparse matrix (None for a text without words)."""


class SpanLearner:
    """Texts with spans of given classes: ``units``, how unsure the tag of each word is, ``part_doubt`` (m,), their
    mean, ``part_count`` (m,), the number of words, and the spans themselves from `answers`.

    Words are runs of letters and digits, or single signs. Each is told by itself, its beginning, its end, its shape and
    its two neighbours on both sides, hashed; a logistic model gives its tag (begin, inside, outside), and the likeliest
    sequence in which no span goes on that has not begun is the answer. Of spans that overlap, it learns the longest.
    Sources: Ratinov and Roth 2009, Design Challenges and Misconceptions in Named Entity Recognition, section 3
    (features, tags); units are -log p of the likeliest tag of each word. On CoNLL-2003 it has an
    F1 of 0.39, 0.58 and 0.66 with 100, 500 and 2,000 random sentences, after 1 to 5 seconds: enough to suggest.
    What is told of the words of a text does not depend on what was learned: a `memory` (a dictionary that learners of
    the same `features` may share) keeps it for texts that come again, 2 KB for each word.

    >>> learner = SpanLearner(["PER"])
    >>> texts = ["then Ada spoke", "then Bob spoke", "and we spoke", "then Eve ran"]
    >>> found = [[{"start": 5, "end": 8, "label": "PER"}]]
    >>> learner.fit(texts, [*found, *found, [], *found])
    >>> learner.answers(["then Zoe spoke"])
    [[{'start': 5, 'end': 8, 'label': 'PER'}]]
    """

    provides: frozenset[str] = frozenset({"units", "part_doubt", "part_count"})

    def __init__(self, classes: Iterable[Any], features: int = 1 << 16, memory: dict[str, Told] | None = None) -> None:
        self.classes = tuple(classes)
        self.features = features
        self._memory = memory
        self._model: Any = None

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train on texts and their spans afresh; `weights` count whole texts."""
        from sklearn.linear_model import SGDClassifier

        checked_lengths(rows, as_objects(labels))
        words, told = self._hashed(rows)
        tags = np.concatenate([self._tags(one, label) for one, label in zip(words, labels, strict=True)])
        if not len(tags):
            raise BadInput(f"none of the {len(words)} texts has a word; answer one that has")
        own = None if weights is None else np.repeat(np.asarray(weights, dtype=np.float64), [len(one) for one in words])
        if len(np.unique(tags)) < 2:  # nothing to tell apart yet
            self._model = int(tags[0])
            return
        model = SGDClassifier("log_loss", alpha=1e-4, max_iter=15, tol=None, average=True, random_state=seed % 2**32)
        self._model = model.fit(told, tags, sample_weight=own)

    def look(self, rows: Rows) -> None:
        """Take what is told of the words of these texts into the memory now; nothing without one."""
        if self._memory is not None:
            self._hashed(rows)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Uncertainty of each word and of each text. Raises MissingEvidence for another name, BadInput before `fit`."""
        check_names(names, self.provides, "a tagger")
        if not names:
            return {}
        unsure = [-np.log(np.maximum(probs.max(axis=1), 1e-12)) for _, probs in self._told(rows)]
        ends = np.concatenate([[0], np.cumsum([len(one) for one in unsure])]).astype(np.int64)
        units: Any = Units(np.concatenate(unsure) if unsure else np.zeros(0), ends)
        found = {
            "units": units,
            "part_doubt": np.array([one.mean() if len(one) else 0.0 for one in unsure]),
            "part_count": np.diff(ends).astype(np.float64),
        }
        return {name: found[name] for name in names}

    def answers(self, rows: Rows) -> list[list[dict[str, Any]]]:
        """The spans of each text, as the session's task has them. Raises BadInput before `fit`."""
        return [self._spans(words, likeliest(probs)) for words, probs in self._told(rows)]

    def _told(self, rows: Rows) -> Iterator[tuple[list[re.Match[str]], FloatArray]]:
        """Words of each text and the probability of each tag (words, 2 c + 1)."""
        if self._model is None:
            raise BadInput("the tagger has not been fitted; call fit(texts, labels) first")
        words, told = self._hashed(rows)
        probs = np.zeros((sum(map(len, words)), 2 * len(self.classes) + 1))
        if isinstance(self._model, int):
            probs[:, self._model] = 1.0
        elif len(probs):
            probs[:, self._model.classes_] = self._model.predict_proba(told)
        at = 0
        for one in words:
            yield one, probs[at : at + len(one)]
            at += len(one)

    def _hashed(self, rows: Rows) -> tuple[list[list[re.Match[str]]], Any]:
        """Words of each text, and what is told of all of them as a sparse matrix (words, features)."""
        from sklearn.feature_extraction import FeatureHasher

        texts = list(rows)
        memory: dict[str, Told] = {} if self._memory is None else self._memory
        new = list(dict.fromkeys(text for text in texts if text not in memory))
        words = [_words(text) for text in new]
        told = (_features([word.group() for word in one], i) for one in words for i in range(len(one)))
        matrix: Any = FeatureHasher(self.features, input_type="string").transform(told) if any(words) else None
        if self._memory is None and len(new) == len(texts):
            return words, matrix
        ends = np.cumsum([len(one) for one in words])
        for text, one, end in zip(new, words, ends, strict=True):
            memory[text] = (one, matrix[end - len(one) : end] if one else None)
        return _joined([memory[text] for text in texts])

    def _tags(self, words: Sequence[re.Match[str]], label: Label) -> Array:
        """The tag of each word; of spans that overlap the longest counts, of equals the first."""
        tags = np.zeros(len(words), dtype=np.int64)
        index = {name: c for c, name in enumerate(self.classes)}
        for span in sorted(label, key=lambda one: (one["start"] - one["end"], one["start"])):
            inside = [i for i, word in enumerate(words) if word.start() < span["end"] and word.end() > span["start"]]
            if inside and not tags[inside].any():
                tags[inside] = 2 * index[span["label"]] + 2
                tags[inside[0]] -= 1
        return tags

    def _spans(self, words: Sequence[re.Match[str]], tags: Sequence[int]) -> list[dict[str, Any]]:
        spans: list[dict[str, Any]] = []
        for word, tag in zip(words, tags, strict=True):
            if tag and tag % 2:
                spans.append({"start": word.start(), "end": word.end(), "label": self.classes[tag // 2]})
            elif tag:
                spans[-1]["end"] = word.end()
        return spans

    def __repr__(self) -> str:
        return f"SpanLearner({len(self.classes)} classes)"


def _joined(told: Sequence[Told]) -> tuple[list[list[re.Match[str]]], Any]:
    from scipy import sparse

    parts = [matrix for _, matrix in told if matrix is not None]
    return [words for words, _ in told], sparse.vstack(parts, format="csr") if parts else None


def likeliest(probs: FloatArray) -> list[int]:
    """The likeliest sequence of tags (m,) for probabilities (m, 2 c + 1), by Viterbi: a span goes on where it began.

    >>> likeliest(np.array([[0.4, 0.35, 0.25], [0.3, 0.1, 0.6]]))
    [1, 2]
    """
    if not len(probs):
        return []
    alone: list[int] = probs.argmax(axis=1).tolist()
    if all(tag % 2 or not tag or before in (tag - 1, tag) for before, tag in pairwise([OUT, *alone])):
        return alone  # nothing can be likelier than the likeliest tag of each word
    gain = np.log(np.maximum(probs, 1e-12))
    tags = np.arange(probs.shape[1])
    # From row to column: an inside tag (even, not 0) only after the begin or the inside tag of its class.
    goes_on = (tags > 0) & (tags % 2 == 0)
    allowed = ~goes_on[None, :] | ((tags[:, None] + 1) // 2 == tags[None, :] // 2) & (tags[:, None] > 0)
    step = np.where(allowed, 0.0, -np.inf)
    best, back = np.where(goes_on, -np.inf, gain[0]), []
    for row in gain[1:]:
        ways = best[:, None] + step
        back.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    found = [int(best.argmax())]
    for before in reversed(back):
        found.append(int(before[found[-1]]))
    return found[::-1]


def _words(text: str) -> list[re.Match[str]]:
    return list(WORD.finditer(text))


def _shape(word: str) -> str:
    """Large and small letters, digits and others, each run once: "Xx" for Ada, "dx" for 3rd."""
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else "." for c in word)
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))


def _features(words: Sequence[str], i: int) -> list[str]:
    """What is told of word i."""
    word = words[i]
    low = word.lower()
    told = ["bias", f"w={low}", f"s={_shape(word)}", f"p={low[:3]}", f"e={low[-3:]}", f"n={min(len(word), 6)}"]
    for step in (-2, -1, 1, 2):
        near = words[i + step] if 0 <= i + step < len(words) else "<>"
        told += [f"{step}w={near.lower()}", f"{step}s={_shape(near)}"]
    return told
