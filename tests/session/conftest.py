"""A small pool of two clouds, and sessions over it that are closed when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

import askwise as aw

Start = Callable[..., "aw.Session"]


@pytest.fixture(scope="session")
def clouds() -> tuple[Any, Any]:
    """Rows X (60, 3) and labels y (60,) 'cat' or 'dog'."""
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=60)
    return rng.normal(size=(60, 3)) + truth[:, None], np.array(["cat", "dog"])[truth]


@pytest.fixture
def start(clouds: tuple[Any, Any]) -> Iterator[Start]:
    """Opens a session over the clouds; every argument can be replaced."""
    with ExitStack() as opened:

        def begin(path: Any = None, **given: Any) -> aw.Session:
            usual = {"pool": clouds[0], "learner": GaussianNB(), "classes": ["cat", "dog"], "strategy": "margin"}
            return opened.enter_context(aw.Session(path, **{**usual, **given}))

        yield begin


@pytest.fixture
def oracle(clouds: tuple[Any, Any]) -> aw.Oracle:
    return aw.Oracle(clouds[1])
