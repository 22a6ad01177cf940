"""The text that annotators work by: Markdown from a file, sanitised, as a tree of elements that the page can build.

No markup reaches the browser: what nh3 lets through is sent as plain JSON, and the page makes an element for each tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput
from askwise.session.remarks import version_of

BLOCKS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "pre", "blockquote", "hr"})
TAGS = BLOCKS | {"table", "thead", "tbody", "tr", "th", "td", "strong", "em", "code", "br", "a", "del"}
EMPTY = frozenset({"hr", "br"})
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

Node = str | list[Any]


class Guidelines:
    """A Markdown file, read again when it has changed. Raises BadInput when it cannot be read at the start."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.text = self._read()
        self._stamp = self._stamped()

    def changed(self) -> bool:
        """Whether the file holds another text than before, which is now `text`; a file that is gone changes nothing."""
        stamp = self._stamped()
        if stamp in (self._stamp, None):
            return False
        before, self._stamp = self.text, stamp
        try:
            self.text = self._read()
        except BadInput:
            return False  # half written, or no text any more: the last good one stays in force
        return self.text != before

    @property
    def version(self) -> str:
        """The version of the text."""
        return version_of(self.text)

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                f"the guidelines {str(self.path)!r} cannot be read ({error}); give a Markdown file"
            ) from error


def tree(markdown: str) -> list[Node]:
    """A Markdown text as nested ``[tag, attributes, children]`` with texts as leaves: only `TAGS`, nothing that acts.

    >>> tree("Be **brief**. <script>alert(1)</script>")
    [['p', {}, ['Be ', ['strong', {}, ['brief']], '. ']]]
    """
    import nh3
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    clean = nh3.clean(
        html.replace("<s>", "<del>").replace("</s>", "</del>"),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel=None,
    )
    builder = _Builder()
    builder.feed(clean)
    builder.close()
    return builder.root


class _Builder(HTMLParser):
    """Builds the tree of a sanitised fragment, whose elements are all closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Node] = []
        self._open: list[list[Node]] = [self.root]

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        children: list[Node] = []
        self._open[-1].append([tag, {name: value or "" for name, value in attributes}, children])
        if tag not in EMPTY:
            self._open.append(children)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() or (data and self._open[-1] is not self.root):
            self._open[-1].append(data)
