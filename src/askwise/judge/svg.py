"""Pictures inside a page: SVG whose colours are the page's own, so that it follows light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

# Okabe and Ito's palette, told apart by people with any common colour blindness; the reference is grey and dashed.
LIGHT = ("#0072b2", "#d55e00", "#009e73", "#a8518a", "#b07b00", "#3a8fc2", "#7a4f00", "#444444")
DARK = ("#56b4e9", "#ff8c42", "#2fcf9f", "#e49ac8", "#f0c24b", "#9fd4f2", "#d6ac66", "#bbbbbb")
GREY = {"light": "#6b7280", "dark": "#9ca3af"}
PLAIN = {"ink": "#1f2328", "soft": "#59636e", "rule": "#d9dee3", "card": "#ffffff", "ref": GREY["light"]} | {
    f"s{i + 1}": colour for i, colour in enumerate(LIGHT)
}
"""Colours by name for a picture that stands alone, on white."""

Draw = Callable[[Mapping[str, str]], Any]
"""From colours by name (ink, soft, rule, card, ref, s1 to s8) to a Matplotlib figure."""


def page_svg(draw: Draw, title: str, prefix: str) -> str:
    """SVG to stand inside a page: colours are its CSS variables (--ink, --s1 ...), ids begin with `prefix`."""
    # Matplotlib wants colours, the page wants variables: each variable gets a colour that occurs nowhere else.
    stand_in = {name: f"#fe01{i:02x}" for i, name in enumerate(PLAIN)}
    text = svg_of(draw, stand_in, None)
    for name, colour in stand_in.items():
        text = text.replace(colour, f"var(--{name})")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1), count=1
    )
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r'href="#', f'href="#{prefix}-', text)
    return text.replace("<svg", f'<svg role="img" aria-label="{_escaped(title)}"', 1)


def svg_of(draw: Draw, colours: Mapping[str, str], background: str | None) -> str:
    """The figure in these colours as SVG text, on a background or on none."""
    import matplotlib as mpl

    # Text stays text, so that the page's font is used and words can be found; the salt makes the ids reproducible.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "askwise"}):
        out = io.StringIO()
        draw(colours).savefig(
            out, format="svg", facecolor=background or "none", transparent=background is None, metadata={"Date": None}
        )
    return out.getvalue()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
