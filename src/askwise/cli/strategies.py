"""`askwise strategies`: every registered method, from the registry and the catalogue."""

from __future__ import annotations

from typing import Any

from askwise.cli.common import JsonFlag, say, say_json


def strategies(json: JsonFlag = False) -> None:
    """List every strategy, score, pick, sub-pool, limit and stopping rule: what it needs, its settings, its source."""
    rows = listed()
    if json:
        say_json(rows)
        return
    kind = ""
    for row in rows:
        if row["kind"] != kind:
            kind = row["kind"]
            say(("\n" if kind != rows[0]["kind"] else "") + kind.upper())
        say(_line(row))


def listed() -> list[dict[str, Any]]:
    """One JSON-able entry per method: policies, named strategies, scores, picks, sub-pools, limits, stopping rules."""
    from askwise.catalogue import NAMED
    from askwise.core import registry

    methods = [_method(one) for kind in ("policy", "score", "pick") for one in registry.methods(kind)]
    named = [_named(name, *NAMED[name]) for name in sorted(NAMED)]
    bounds = [_method(one) for kind in ("among", "limit", "stop") for one in registry.methods(kind)]
    policies = [one for one in methods if one["kind"] == "policy"]
    return [*policies, *named, *(one for one in methods if one["kind"] != "policy"), *bounds]


def _method(method: Any) -> dict[str, Any]:
    return {
        "name": method.name,
        "kind": method.kind,
        "aliases": list(method.aliases),
        "needs": list(method.needs),
        "wishes": list(method.wishes),
        "streams": method.streams,
        "settings": {name: _default(value) for name, value in method.defaults.items()},
        "source": method.cite,
        "about": method.summary,
    }


def _named(name: str, strategy: Any, about: str) -> dict[str, Any]:
    needs = strategy.wants()
    return {
        "name": name,
        "kind": "strategy",
        "aliases": [],
        "needs": sorted(needs),
        "wishes": [],
        "streams": strategy.pick_method.streams,
        "settings": {key: value for key, value in strategy.to_dict().items() if key != "name"},
        "source": strategy.pick_method.cite or (strategy.score_method.cite if strategy.score_method else ""),
        "about": about,
    }


def _default(value: Any) -> Any:
    """A default as JSON has it; a setting without one must be given."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return "required" if isinstance(value, type) else str(value)


def _line(row: dict[str, Any]) -> str:
    needs = ", ".join(row["needs"]) or "nothing"
    text = f"  {row['name']:<18} {row['about']}\n{'':<21}needs {needs}"
    if row["settings"]:
        text += "; settings " + ", ".join(f"{name}={value}" for name, value in row["settings"].items())
    return text
