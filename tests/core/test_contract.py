"""Every registered method keeps every promise; nothing here names a method, so a new one is covered at once."""

from __future__ import annotations

import pytest

from askwise.core import registry
from askwise.core.evidence import VOCABULARY
from askwise.testing import contract
from askwise.testing.__main__ import main
from askwise.testing.methods import CHECKS, subjects

SUBJECTS = list(subjects())


@pytest.mark.parametrize(("kind", "name", "subject"), SUBJECTS, ids=[f"{kind}-{name}" for kind, name, _ in SUBJECTS])
def test_contract(kind, name, subject):
    found = contract(subject)
    broken = [outcome.detail for outcome in found if outcome.status == "broken"]
    assert not broken, "\n".join(broken)
    assert {outcome.promise for outcome in found} == set(CHECKS[kind])


LONG = {"discriminative", "besra", "alfa_mix"}
"""Picks whose contract takes seconds whatever the kernel set: under the second one they are checked in test-all."""


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(subject, id=name, marks=[pytest.mark.slow] if kind != "pick" or name in LONG else [])
        for kind, name, subject in SUBJECTS
        if kind in ("score", "pick")
    ],
)
def test_contract_without_compiled_kernels(subject, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numpy")
    broken = [outcome.detail for outcome in contract(subject) if outcome.status == "broken"]
    assert not broken, "\n".join(broken)


def test_every_registered_method_is_a_subject():
    assert {(m.kind, m.name) for m in registry.methods()} <= {(kind, name) for kind, name, _ in SUBJECTS}
    assert {"score", "pick", "among", "limit", "stop", "policy", "strategy"} == {kind for kind, _, _ in SUBJECTS}


def test_nothing_is_let_off_here():
    """The libraries of the array API are there in the project's own tests, so no promise is skipped for want of one."""
    found = [outcome for _, name, subject in SUBJECTS if name in ("margin", "top") for outcome in contract(subject)]
    assert [outcome for outcome in found if outcome.status != "kept"] == []


def test_command_line(capsys):
    assert main(["budget", "at_most"]) == 0
    out = capsys.readouterr().out
    assert "at_most" in out and "monotone" in out and "0 promises broken" in out
    assert main(["budgte"]) == 2
    assert "Did you mean 'budget'?" in capsys.readouterr().out


def test_vocabulary_is_generated():
    from askwise.testing.world import FLOATING, MAKERS

    assert set(MAKERS) == set(VOCABULARY)
    assert set(VOCABULARY) >= FLOATING
