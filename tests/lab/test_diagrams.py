"""Pictures of comparisons: everything named is there, missing cells are empty, colours are the page's."""

from __future__ import annotations

import re

import numpy as np

from askwise.lab.page.critical import critical_svg
from askwise.lab.page.heat import Heat, heat_svg
from askwise.lab.page.plane import Spot, plane_svg
from askwise.lab.ranking import Ranking


def ranked() -> Ranking:
    names = ("auto", "margin", "random", "k_center")
    return Ranking(names, np.array([1.2, 1.9, 3.1, 3.8]), 12, 0.001, 1.35, (names[:2], names[2:]))


def texts(svg: str) -> list[str]:
    return [re.sub(r"\s+", " ", text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_critical_differences_name_every_strategy_with_its_rank():
    svg = critical_svg(ranked())
    found = texts(svg)
    assert {"auto 1.20", "margin 1.90", "3.10 random", "3.80 k_center"} <= set(found)
    assert "critical difference 1.35 (Nemenyi)" in found
    assert svg.count("var(--s1)") == 2  # one bar for each clique
    assert svg == critical_svg(ranked())


def test_a_critical_difference_wider_than_the_scale_is_left_out():
    few = Ranking(("a", "b"), np.array([1.2, 1.8]), 3, 0.5, 1.5, (("a", "b"),))
    assert not any("critical" in text for text in texts(critical_svg(few)))


def test_heat_shows_each_number_and_leaves_missing_cells_empty():
    heat = Heat(
        ["iris", "wine"], ["auto", "a_very_long_name_indeed" * 2], np.array([[0.02, np.nan], [-0.01, 0.0]]), "gain"
    )
    found = texts(heat_svg(heat))
    assert [text for text in found if text[0] in "+-"] == ["+0.020", "-0.010", "+0.000"]
    assert {"iris", "wine", "auto"} <= set(found)


def test_a_heat_map_of_zeros_is_drawn():
    assert "+0.000" in texts(heat_svg(Heat(["iris"], ["random"], np.zeros((1, 1)), "gain")))


def test_the_plane_has_plain_numbers_and_every_name():
    spots = [Spot("auto", 0.2, 0.03, 0.02, 0.04), Spot("bald", 9.0, 0.01, -0.01, 0.03)]
    found = texts(plane_svg(spots, "seconds a run", "gain"))
    assert {"auto", "bald", "seconds a run", "gain", "0.5", "5"} <= set(found)


def test_one_strategy_alone_is_drawn():
    assert "auto" in texts(plane_svg([Spot("auto", 1.0, 0.0, 0.0, 0.0)], "seconds", "gain"))
