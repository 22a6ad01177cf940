"""Promises of every method as a value and as a document: JSON, pickle, docstring, doctest."""

from __future__ import annotations

import doctest
import json
import pickle

import numpy as np

from askwise.core import registry
from askwise.core.registry import Method
from askwise.testing.hints import Hint
from askwise.testing.suite import describe, expect, subject

_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def check_value(method: Method, hint: Hint) -> None:
    """Goes to JSON and back, pickles, and is found by its name and aliases."""
    method = subject(method, hint)
    stored = json.loads(json.dumps(method.to_dict()))
    again = registry.get(method.kind, stored["name"]).using(**stored.get("settings", {}))
    expect(again.to_dict() == method.to_dict(), f"to_dict gives {method.to_dict()}, and back {again.to_dict()}")
    expect(pickle.loads(pickle.dumps(method)) == method, "pickling and back gives another value")
    expect(hash(pickle.loads(pickle.dumps(method))) == hash(method), "pickling and back gives another hash")
    for name in method.aliases:
        expect(registry.get(method.kind, name).fn is method.fn, f"the alias {name!r} is another {method.kind}")


def check_document(method: Method, hint: Hint) -> None:
    """The first line gives shapes; the text says where the method shines and fails and what it costs; a source."""
    first, text = method.summary, method.doc.lower()
    expect(first.endswith((".", ":")), f"the first line {first!r} is no sentence")
    expect(method.cite or "source:" in text, "there is no cite: say where the method comes from")
    if method.kind in ("score", "pick"):
        expect("->" in first and "(m" in first, f"the first line {first!r} has no shape like '(m, c) -> (m,)'")
        for word in ("cost", "shine", "fail"):
            expect(
                word in text, f"the docstring does not hold the word {word!r}: say where it shines, fails, and its cost"
            )


def check_doctest(method: Method, hint: Hint) -> None:
    """The docstring has an example that a reader can check by hand, and it passes."""
    known = {**method.fn.__globals__, "np": np, method.name: method, method.fn.__name__: method}
    tests = doctest.DocTestFinder(recurse=False).find(method.fn, method.name, module=False, globs=known)
    examples = sum(len(test.examples) for test in tests)
    expect(examples, f"{describe(method)} has no >>> example")
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=_FLAGS)
    for test in tests:
        runner.run(test, out=report.append)
    expect(not report, "the example fails:\n" + "".join(report))


DOCUMENT_CHECKS = {"value": check_value, "document": check_document, "example": check_doctest}
"""Promises of every kind of method."""
