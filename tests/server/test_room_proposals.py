"""What a machine proposed is shown in the place of the model's guess, under its name, and never at random rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from askwise.server.exposure import Exposure
from askwise.session import Proposal, Session

from .conftest import CLASSES, texts


@pytest.fixture
def session() -> Iterator[Session]:
    with Session(None, pool=texts(60), classes=CLASSES, strategy="random", control=0.5, lease=None) as made:
        made.ask(20)
        made.propose(Proposal(row, "sport", "llm:small", 0.8) for row in range(60))
        yield made


def pick(session: Session, arm: str) -> Any:
    return next(query for query in session.open_queries if query.arm == arm)


def test_a_proposal_is_shown_under_its_name_and_kept_with_the_answer(session: Session) -> None:
    query, exposure = pick(session, "strategy"), Exposure(session, "show")
    exposure.hand_out(query)
    shown = exposure.before(query)
    assert shown is not None and (shown.label, shown.probability, shown.by) == ("sport", 0.8, "llm:small")
    assert exposure.context(query) == {"suggestion": shown.model_dump(), "shown": "before"}
    assert exposure.guess(query) is None, "whether the model was right is not judged by what a machine said"


def test_a_proposal_leads_nobody_at_random_rows(session: Session) -> None:
    query, exposure = pick(session, "control"), Exposure(session, "show")
    exposure.hand_out(query)
    assert exposure.before(query) is None and exposure.after(query) is None and exposure.context(query) == {}


@pytest.mark.parametrize(("mode", "after"), [("after", "llm:small"), ("never", None)])
def test_rooms_that_show_nothing_beforehand_hold_proposals_back_too(
    session: Session, mode: str, after: str | None
) -> None:
    query, exposure = pick(session, "strategy"), Exposure(session, mode)
    exposure.hand_out(query)
    assert exposure.before(query) is None
    told = exposure.after(query)
    assert (told.by if told else None) == after
