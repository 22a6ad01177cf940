"""Pages and charts: complete in themselves, escaped, readable in both themes, the same each time."""

from __future__ import annotations

import re

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.judge.charts import Chart, Gap, Line, as_page_svg, save_picture, spread
from askwise.judge.curve import Band
from askwise.judge.page import Cell, Page, Section, Table, text_table

X = np.array([10.0, 20.0, 30.0])


def chart():
    auto = Band(X, np.array([0.5, 0.7, 0.8]), np.array([0.4, 0.6, 0.7]), np.array([0.6, 0.8, 0.9]))
    none = np.full(3, np.nan)
    random = Band(X, np.array([0.5, 0.6, 0.7]), none, none)
    lines = [Line("auto", auto), Line("random", random, reference=True)]
    return Chart(lines, "accuracy", Gap(0.7, 20, 30, "10 labels saved"))


def test_svg_follows_the_colours_of_the_page():
    svg = as_page_svg(chart(), "acc")
    assert svg.startswith('<svg role="img" aria-label="accuracy of auto, random by number of labels"')
    assert "var(--s1)" in svg and "var(--ref)" in svg and "#fe01" not in svg
    assert "10 labels saved" in svg and "auto" in svg
    assert svg == as_page_svg(chart(), "acc")


def test_ids_of_two_charts_on_one_page_differ():
    one, two = (set(re.findall(r'id="([^"]*)"', as_page_svg(chart(), prefix))) for prefix in ("a", "b"))
    assert one and not one & two
    svg = as_page_svg(chart(), "a")
    assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= one


def test_pictures_are_svg_or_png(tmp_path):
    assert save_picture(chart(), tmp_path / "curve.svg").read_text().lstrip().startswith("<?xml")
    assert save_picture(chart(), tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(BadInput, match=r"\.svg or \.png, not '\.pdf'"):
        save_picture(chart(), tmp_path / "curve.pdf")


@pytest.mark.parametrize("ends", [[0.5] * 4, [0.1, 0.12, 0.9, 0.91], [0.9, 0.1], [0.3]])
def test_labels_are_moved_apart_and_keep_their_order(ends):
    places = spread(np.array(ends), 0.05)
    ordered = places[np.argsort(ends, kind="stable")]
    assert (np.diff(ordered) >= 0.05 - 1e-9).all()
    assert places.mean() == pytest.approx(np.mean(ends))


def page(**section):
    return Page("A <title>", "kicker", "Saved & sound", sections=[Section("Part", **section)])


def test_page_is_complete_and_escaped():
    html = page(svg=as_page_svg(chart()), notes=["a < b"], facts=[("x", "<script>")], code="rm -rf").html()
    assert "A &lt;title&gt;" in html and "a &lt; b" in html and "&lt;script&gt;" in html
    outside = re.findall(r'(?:src|href)="(?!#)([^"]*)"|url\((?!#)', html)
    assert not outside
    assert "prefers-color-scheme: dark" in html and "<svg" in html


def test_table_in_text_and_html():
    table = Table(["labels", "auto"], [[Cell("25"), Cell("0.81", "0.79 to 0.83", strong=True)]])
    assert text_table(table)[1] == "25        0.81 (0.79 to 0.83)"
    html = page(table=table).html()
    assert "<strong>0.81</strong><small>0.79 to 0.83</small>" in html
    assert "0.81 (0.79 to 0.83)" in str(page(table=table))
