"""The hand-written pages: their Python runs, their commands exist, their links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
PAGES += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))

FENCE = re.compile(r"^(?P<before>[^\n]*)\n```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
SKIP = "<!-- skip -->"


def blocks(page: str, *languages: str) -> list[str]:
    """Code of the fenced blocks in these languages, those marked to be skipped left out."""
    text = "\n" + (ROOT / page).read_text(encoding="utf-8")
    found = FENCE.finditer(text)
    return [one["code"] for one in found if one["language"] in languages and one["before"].strip() != SKIP]


def prose(page: str) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", "\n" + (ROOT / page).read_text(encoding="utf-8"))


RUNNING = [page for page in PAGES if blocks(page, "python") and page != "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", RUNNING)
def test_python_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "page"}
    for number, code in enumerate(blocks(page, "python")):
        exec(compile(code, f"{page}, block {number}", "exec"), namespace)
    session = namespace.get("session")
    if session is not None:
        session.close()


def test_blocks_are_found():
    assert len(RUNNING) >= 10
    assert blocks("README.md", "bash")
    assert not any("TorchLearner" in code for code in blocks("docs/how-to/own-model.md", "python"))


def commands() -> list[tuple[str, str]]:
    """Every line of a bash block, with its page."""
    return [
        (page, line)
        for page in PAGES
        for code in blocks(page, "bash")
        for line in code.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def words(line: str) -> list[str]:
    return shlex.split(line, comments=True)


@pytest.mark.parametrize(("page", "line"), commands())
def test_command_exists(page, line):
    program, *rest = words(line)
    checks = {"make": make_target, "askwise": askwise_command, "python": contract, "pip": extras}
    assert program in checks, f"{page}: {program} is no command of this project"
    checks[program](rest)


def make_target(rest):
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert rest[0] in targets


def askwise_command(rest):
    typer = pytest.importorskip("typer")
    from askwise.cli import app

    command = typer.main.get_command(app).commands[rest[0]]
    if hasattr(command, "commands"):
        command = command.commands[rest[1]]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    assert {word for word in rest[1:] if word.startswith("--")} <= known


def contract(rest):
    assert rest[:2] == ["-m", "askwise.testing"]
    assert {word for word in rest if word.startswith("--")} <= {"--import"}


def extras(rest):
    import tomllib

    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert rest[0] == "install"
    assert set(re.search(r"\[(.*)\]", rest[1])[1].split(",")) <= set(known)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page, generator):
    made = {"methods/index.md", *(one.uri for one in generator.entries())}
    here = Path(page).parent
    for pair in LINK.findall(prose(page)):
        target = (pair[0] or pair[1]).split("#")[0]
        if not target or re.match(r"https?://", target):
            continue
        at = os.path.normpath(here / target)
        assert (ROOT / at).is_file() or at.removeprefix("docs/") in made, f"{page} links to {target}"


def test_links_go_out_seldom():
    hosts = {url for page in PAGES for url in re.findall(r"https?://[^\s)\"]+", prose(page))}
    assert hosts <= {"https://keepachangelog.com", "https://semver.org"}


def test_navigation_holds_every_page():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        if page.startswith("docs/"):
            assert page.removeprefix("docs/") in config, f"{page} is not in the navigation of mkdocs.yml"


def test_site_needs_no_other_host():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in config
    assert "://" not in config


def test_changelog_sections():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for release in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert re.findall(r"^### (.+)$", release, re.MULTILINE) == ["Added", "Changed", "Fixed", "Selections changed"]


def test_citation_has_the_version():
    from askwise import __version__

    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"This is {__version__}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_decisions_are_numbered():
    text = (ROOT / "docs/explanation/decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 11


_DESIGNED = """
probs samples mean std draws embeddings head_grads votes labelled_embeddings labelled_probs labels previous_probs
dynamics neighbours density cluster units costs groups source answers skill price load head what_if history
class_embeddings
"""
"""The evidence that the design began with."""


def test_new_evidence_has_its_line_in_decisions():
    from askwise.core.evidence import VOCABULARY

    text = (ROOT / "docs/explanation/decisions.md").read_text(encoding="utf-8")
    silent = [name for name in VOCABULARY if name not in _DESIGNED.split() and f"`{name}`" not in text]
    assert not silent, (
        f"say in docs/explanation/decisions.md, entry 2, why there is the evidence {silent}, and who uses it"
    )
