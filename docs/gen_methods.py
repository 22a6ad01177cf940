"""A page per method, made from the registry when the site is built. Also run by MkDocs as its hook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

import gen_figures
from gen_reference import cell, command_line, evidence_table, lab_tables, measures_table, table
from griffe_doctests import fenced

from askwise.catalogue import NAMED
from askwise.core import registry
from askwise.core.registry import Method

KINDS = {
    "policy": ("Policies", "Functions of history that choose a strategy each round."),
    "strategy": ("Named strategies", "A score, a shortlist, a pick and limits under one name."),
    "score": ("Scores", "Row-local: each row by itself, higher = ask sooner."),
    "pick": ("Picks", "Choose a batch of rows jointly, in the order to ask."),
    "among": ("Sub-pools", "Which part of a large pool is looked at, drawn before anything is scored."),
    "limit": ("Limits", "Say which rows a batch may still take."),
    "stop": ("Stopping rules", "Functions of history that say when to stop, and why."),
}
"""Kinds of pages in the order of the site, with their titles."""

_WORDS = {
    "policy": "policy",
    "score": "score",
    "pick": "pick",
    "among": "sub-pool",
    "limit": "limit",
    "stop": "stopping rule",
}
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z])")
_LEADS = {"Cost": ("Cost ", "Cost: ", "Costs "), "Shines": ("Shines ",), "Fails": ("Fails ",)}


@dataclass(frozen=True)
class Entry:
    """What a page is about. `family` groups methods of one file."""

    kind: str
    name: str
    family: str
    about: str

    @property
    def uri(self) -> str:
        """Where its page lies below docs/."""
        return f"methods/{self.kind}/{self.name}.md"


@cache
def entries() -> tuple[Entry, ...]:
    """Every method and named strategy, by kind, family and name."""
    found = [Entry("strategy", name, "strategies", about + ".") for name, (_, about) in NAMED.items()]
    found += [Entry(one.kind, one.name, _family(one), one.summary) for one in registry.methods()]
    order = list(KINDS)
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.family, one.name)))


def _family(method: Method) -> str:
    """The file that the method lives in, in words."""
    parts = method.fn.__module__.split(".")
    below = parts[parts.index(method.kind) + 1 :] if method.kind in parts else parts[-1:]
    return (below or parts[-1:])[0].replace("_", " ")


def families(kind: str) -> Iterator[tuple[str, list[Entry]]]:
    """The families of a kind; a kind in which every method has a file of its own is one family without a name."""
    of_kind = [one for one in entries() if one.kind == kind]
    groups = [(name, list(group)) for name, group in groupby(of_kind, key=lambda one: one.family)]
    shared = [(name, group) for name, group in groups if len(group) > 1]
    single = [group[0] for _, group in groups if len(group) == 1]
    if len(groups) == 1 or not shared:
        yield "", of_kind
        return
    yield from shared
    if single:
        yield "", single


# ---- pages ------------------------------------------------------------------------------------------------------


def page(entry: Entry) -> str:
    """The Markdown of one page."""
    composed = entry.kind == "strategy"
    body = _strategy_body(entry) if composed else _method_body(registry.get(entry.kind, entry.name))
    title = f"---\ntitle: {entry.name}\nsearch:\n  boost: 1.5\n---\n\n# {entry.name}\n"
    return "\n\n".join([title, _plain(entry.about), *body]) + "\n"


def _method_body(method: Method) -> list[str]:
    told, rest = split_doc(method.doc)
    facts = [("kind", _WORDS[method.kind])]
    if method.kind in ("policy", "stop"):
        facts.append(("looks at", "`history`: labels of each class, rounds, budget"))
    else:
        facts.append(("evidence needed", _names(method.needs) or "none"))
    if method.wishes:
        facts.append(("used when on offer", _names(method.wishes)))
    if method.kind == "pick" and {"embeddings", "probs", "head_grads", "samples"} & {*method.needs, *method.wishes}:
        part = f"chooses among rows of [`{method.sub_pool}`](../among/{method.sub_pool}.md), or the best by score"
        how = {
            True: "read in blocks, the same picks",
            "estimated": "read in blocks, gains estimated; held whole with `exact=True`",
            "exact": f"{part}; with `exact=True` read in blocks, a pass a pick",
        }
        facts.append(("pools too large to hold", how.get(method.streams, part)))
    facts.append(("settings", _settings(method) or "none"))
    if method.aliases:
        facts.append(("also called", ", ".join(f"`{name}`" for name in method.aliases)))
    facts += [("cost", re.sub(r"^Costs?:? ", "", told["Cost"]))] if told["Cost"] else []
    facts.append(("source", method.cite or "see below"))
    parts = [_usage(method), _figure(method.kind, method.name), _facts(facts)]
    parts += [f'!!! {style} "{title}"\n    {_plain(told[word])}' for word, title, style in _BOXES if told[word]]
    return [*(part for part in parts if part), *(["## In full", rest] if rest else [])]


_BOXES = (("Shines", "Where it shines", "success"), ("Fails", "Where it fails", "warning"))


def split_doc(doc: str) -> tuple[dict[str, str], str]:
    """Sentences of a docstring that tell its cost, where it shines and where it fails; and the rest of it.

    >>> split_doc("Adds.\\n\\nAdds up. Cost O(m). Shines often.")
    ({'Cost': 'Cost O(m).', 'Shines': 'Shines often.', 'Fails': ''}, 'Adds up.')
    """
    told = dict.fromkeys(_LEADS, "")
    kept = []
    for block in fenced(doc.split("\n", 1)[1].strip() if "\n" in doc else "").split("\n\n"):
        if block.startswith("```") or ">>>" in block:
            kept.append(block)
            continue
        sentences = []
        for sentence in _SENTENCE.split(" ".join(block.split())):
            word = next((w for w, leads in _LEADS.items() if sentence.startswith(leads) and not told[w]), None)
            if word is None:
                sentences.append(sentence)
            else:
                told[word] = sentence
        if sentences:
            kept.append(_plain(" ".join(sentences)))
    return told, "\n\n".join(kept)


def _plain(text: str) -> str:
    """Docstring text as Markdown: stars and brackets of formulas stay as they are; double backticks are code."""
    parts = re.split(r"(``.+?``|`[^`]+`)", text)
    return "".join(part if i % 2 else re.sub(r"([*_\[\]<])", r"\\\1", part) for i, part in enumerate(parts))


def _facts(facts: list[tuple[str, str]]) -> str:
    rows = [(name, value if "`" in value else _plain(value)) for name, value in facts]
    return f'<div class="facts" markdown>\n\n{table(("", ""), rows)}\n\n</div>'


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"[`{name}`](../../reference/evidence.md#{name})" for name in names)


def _settings(method: Method) -> str:
    return ", ".join(
        f"`{name}`, required" if isinstance(value, type) else f"`{name}={value!r}`"
        for name, value in method.defaults.items()
    )


def _usage(method: Method) -> str:
    if method.kind == "stop":
        return f"```python\naw.Session(..., stop=aw.stop.{method.name}({_first(method)}))\n```"
    if method.kind == "among":
        given = ", ".join(f"{name}=..." for name in method.needs)
        strategy = f'aw.Strategy("margin", among="{method.name}")'
        return f"```python\naw.select(20, {strategy}, probs=P{given and ', ' + given})\n```"
    if method.kind == "limit":
        return f'```python\naw.Strategy("margin", limits=[aw.limit.{method.name}({_first(method)})])\n```'
    if method.kind == "policy" or (method.kind == "score" and not method.needs):
        return f'```python\naw.select(20, "{method.name}", probs=P, embeddings=E)\n```'
    given = ", ".join(f"{name}=..." for name in method.needs if name not in ("scores", "noise"))
    if method.kind == "pick" and "scores" in method.needs:
        more = f", {given}" if given else ", probs=P"
        return f'```python\naw.select(20, aw.Strategy("margin", pick="{method.name}"){more})\n```'
    return f'```python\naw.select(20, "{method.name}", {given or "embeddings=E"})\n```'


def _first(method: Method) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in method.defaults.items() if not isinstance(value, type))


def _strategy_body(entry: Entry) -> list[str]:
    strategy = NAMED[entry.name][0]
    composed = {name: value for name, value in strategy.to_dict().items() if name != "name"}
    parts = [
        m
        for m in (strategy.among_method, strategy.score_method, strategy.pick_method, *strategy.limits)
        if m is not None
    ]
    links = ", ".join(f"[`{one.name}`](../{one.kind}/{one.name}.md)" for one in parts)
    needs = _names(tuple(strategy.wants())) or "none"
    return [
        f'```python\naw.select(20, "{entry.name}", probs=P, embeddings=E)\n```',
        _figure("strategy", entry.name),
        _facts([("kind", "named strategy"), ("evidence needed", needs), ("made of", links)]),
        "## The value\n\n```json\n" + json.dumps(composed, indent=2) + "\n```",
    ]


def _figure(kind: str, name: str) -> str:
    if kind == "stop":
        return ""
    found = gen_figures.choose(kind, name)
    if isinstance(found, gen_figures.Refusal):
        return f"There is no figure. {cell(_plain(found.reason))}"
    about = f"a toy pool of three unequal blobs with {sum(gen_figures.toy.LABELS_PER_CLASS)} labels"
    about += " and a logistic model; dashed: its decision boundary." if found.boundary else "."
    return (
        f'<figure class="toy" markdown>\n![The twenty rows that {name} asks first](../figures/{kind}-{name}.svg)\n'
        f"<figcaption markdown>The first {gen_figures.ASKED} rows that `{name}` asks on {about} {found.caption}"
        "</figcaption>\n</figure>"
    )


def index() -> str:
    """The overview of all methods."""
    parts = [
        "---\nhide: [toc]\n---\n\n# Methods",
        f"{len(entries())} methods are registered in this version. Each page is made from the method's docstring;"
        " `askwise strategies` prints the same list. A word on how to read them is in"
        " [the one idea](../explanation/evidence.md).",
    ]
    for kind, (title, about) in KINDS.items():
        parts += [f"## {title}", about, listing(kind, "")]
    return "\n\n".join(parts) + "\n"


def listing(kind: str, base: str = "../methods/") -> str:
    """Tables of the methods of a kind, a table per family."""
    parts = []
    groups = list(families(kind))
    for family, group in groups:
        if len(groups) > 1:
            parts.append(f"**{family.capitalize() or 'Others'}**")
        rows = [(f"[{one.name}]({base}{one.kind}/{one.name}.md)", _plain(one.about), _needs(one)) for one in group]
        parts.append(table(("name", "what", "needs"), rows))
    return "\n\n".join(parts)


def _needs(entry: Entry) -> str:
    if entry.kind == "strategy":
        return ", ".join(f"`{name}`" for name in NAMED[entry.name][0].wants())
    return ", ".join(f"`{name}`" for name in registry.get(entry.kind, entry.name).needs)


@cache
def pages() -> dict[str, str]:
    """Every generated page by where it lies below docs/."""
    return {"methods/index.md": index(), **{one.uri: page(one) for one in entries()}}


def figures() -> dict[str, str]:
    """Every figure by where it lies below docs/; methods that refuse the toy pool have none."""
    drawn = [one for one in entries() if one.kind != "stop"]
    return {
        f"methods/figures/{one.kind}-{one.name}.svg": gen_figures.svg(one.kind, one.name)
        for one in drawn
        if isinstance(gen_figures.choose(one.kind, one.name), gen_figures.Choice)
    }


# ---- the MkDocs hook --------------------------------------------------------------------------------------------


def navigation() -> list[Any]:
    """The Methods part of the navigation."""
    out: list[Any] = ["methods/index.md"]
    for kind, (title, _) in KINDS.items():
        items: list[Any] = []
        for family, group in families(kind):
            of_family = [{one.name: one.uri} for one in group]
            items += [{family.capitalize(): of_family}] if family else of_family
        out.append({title: items})
    return out


def on_config(config: Any) -> Any:
    """Put the method pages into the navigation."""
    config["nav"] = [{"Methods": navigation()} if "Methods" in one else one for one in config["nav"]]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the method pages and their figures to the site."""
    from mkdocs.structure.files import File

    for uri, content in {**pages(), **figures()}.items():
        files.append(File.generated(config, uri, content=content))
    return files


_MARKER = re.compile(r"^<!-- (evidence|cli|lab-tables|measures|methods:(\w+)) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the markers of tables that are made from the code."""
    return _MARKER.sub(lambda found: _made(found[1], found[2]), markdown)


def _made(what: str, kind: str | None) -> str:
    if kind is not None:
        return listing(kind)
    made = {"evidence": evidence_table, "cli": command_line, "lab-tables": lab_tables, "measures": measures_table}
    return made[what]()
