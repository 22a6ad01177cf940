"""The generated pages: one per method, complete, and made again in the same way."""

from __future__ import annotations

import pytest

from askwise.catalogue import NAMED
from askwise.core import registry
from askwise.core.errors import BadInput
from askwise.core.evidence import DERIVED, VOCABULARY


@pytest.fixture
def plain(generator, monkeypatch):
    """Every page without its figure: quick, however many methods there are."""
    refusal = generator.gen_figures.Refusal("It is not drawn in this test.")
    monkeypatch.setattr(generator.gen_figures, "choose", lambda kind, name: refusal)
    generator.pages.cache_clear()
    yield generator.pages()
    generator.pages.cache_clear()


def test_every_method_has_a_page(plain):
    pages = plain
    for one in registry.methods():
        page = pages[f"methods/{one.kind}/{one.name}.md"]
        assert page.count(f"\n# {one.name}\n") == 1
        for name in (*one.needs, *one.wishes):
            assert f"`{name}`" in page
        for setting in one.defaults:
            assert f"`{setting}" in page
    for name in NAMED:
        assert f"# {name}\n" in pages[f"methods/strategy/{name}.md"]
    assert len(pages) == 1 + len(list(registry.methods())) + len(NAMED)


def test_index_lists_every_method(generator):
    index = generator.index()
    for one in generator.entries():
        assert f"({one.kind}/{one.name}.md)" in index


def test_navigation_lists_every_method_once(generator, plain):
    def leaves(item):
        if isinstance(item, str):
            return [item]
        if isinstance(item, dict):
            return [leaf for value in item.values() for leaf in leaves(value)]
        return [leaf for one in item for leaf in leaves(one)]

    assert sorted(leaves(generator.navigation())) == sorted(plain)


def test_source_cost_and_docstring_are_on_the_page(generator):
    page = generator.page(next(one for one in generator.entries() if one.uri == "methods/score/margin.md"))
    for part in ("Scheffer, Decomain and Wrobel 2001", "| cost | O(mc). |", "Where it shines", "Where it fails"):
        assert part in page
    assert "```pycon\n>>> import numpy as np" in page
    assert "`breaking_ties`" in page


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("score", "margin"),
        ("score", "random"),
        ("score", "average_confidence"),
        ("pick", "badge"),
        ("pick", "top"),
        ("policy", "auto"),
        ("limit", "at_most"),
        ("strategy", "power_margin"),
    ],
)
def test_figure_shows_twenty_rows(generator, kind, name):
    choice = generator.gen_figures.choose(kind, name)
    assert len(set(choice.rows.tolist())) == 20
    figure = generator.gen_figures.svg(kind, name)
    assert figure.lstrip().startswith("<?xml")
    assert all(f">{order}</text>" in figure for order in range(1, 21))
    assert 'href="http' not in figure


def test_figure_is_the_same_again(generator):
    drawn = generator.gen_figures.svg("score", "margin")
    generator.gen_figures.svg.cache_clear()
    assert generator.gen_figures.svg("score", "margin") == drawn


def test_method_that_the_toy_cannot_serve_says_so(generator, monkeypatch):
    evidence = {name: value for name, value in generator.gen_figures.toy.evidence().items() if name == "embeddings"}
    monkeypatch.setattr(generator.gen_figures.toy, "evidence", lambda: evidence)
    generator.gen_figures.choose.cache_clear()
    try:
        refusal = generator.gen_figures.choose("score", "margin")
        assert "needs 'probs'" in refusal.reason
        with pytest.raises(BadInput, match="needs 'probs'"):
            generator.gen_figures.svg.__wrapped__("score", "margin")
        page = generator.page(next(one for one in generator.entries() if one.name == "margin"))
        assert "There is no figure" in page
        assert "figures/score-margin.svg" not in page
    finally:
        generator.gen_figures.choose.cache_clear()


@pytest.mark.slow
def test_every_figure_is_drawn_or_explained(generator):
    figures = generator.figures()
    for uri, page in generator.pages().items():
        shown = f"methods/figures/{uri.removeprefix('methods/').removesuffix('.md').replace('/', '-')}.svg"
        assert ("../figures/" in page) == (shown in figures)
        assert "does not suit" not in page


def test_every_evidence_name_is_in_the_table(generator):
    made = generator.on_page_markdown("<!-- evidence -->")
    for name, spec in VOCABULARY.items():
        assert f"`{name}`{{ #{name} }}" in made
        assert spec.shape in made
    for name in DERIVED:
        line = next(line for line in made.splitlines() if line.startswith(f"| `{name}`"))
        assert "Derived from" in line


def test_command_line_reference(generator):
    from askwise.cli import COMMANDS

    made = generator.on_page_markdown("before\n\n<!-- cli -->\n\nafter")
    for name in COMMANDS:
        assert f"## askwise {name.replace('_', '-')}" in made
    assert "## askwise lab run" in made and "`--level`" in made
    assert "`--budget`" in made
    assert made.startswith("before")
    assert made.endswith("after")


def test_every_column_of_the_results_is_explained(generator):
    from askwise.lab.tables import COLUMNS

    made = generator.on_page_markdown("<!-- lab-tables -->\n\n<!-- measures -->")
    for name, columns in COLUMNS.items():
        assert f"### {name}.parquet" in made
        for column, (kind, _) in columns.items():
            assert f"| `{column}` | {kind} |" in made
    assert "| `log_rmse` | log RMSE | number | less |" in made


def test_listing_of_a_kind(generator):
    made = generator.on_page_markdown("<!-- methods:pick -->")
    assert "[badge](../methods/pick/badge.md)" in made
    assert "[margin]" not in made


def test_formulas_survive_markdown(generator):
    assert generator._plain("sum_i p_i * C[i, j] < 1 in `a_b` and ``c*d``") == (
        "sum\\_i p\\_i \\* C\\[i, j\\] \\< 1 in `a_b` and ``c*d``"
    )


def test_doctests_are_fenced(generator):
    assert generator.fenced("One.\n\n>>> 1\n1\n\nTwo.") == "One.\n\n```pycon\n>>> 1\n1\n```\n\nTwo."
    assert generator.fenced("No example.") == "No example."


def test_split_doc(generator):
    told, rest = generator.split_doc("First.\n\nHow. Cost O(m),\ntwice. Fails never. Shines at noon.\n\n>>> 1\n1")
    assert told == {"Cost": "Cost O(m), twice.", "Fails": "Fails never.", "Shines": "Shines at noon."}
    assert rest == "How.\n\n```pycon\n>>> 1\n1\n```"
