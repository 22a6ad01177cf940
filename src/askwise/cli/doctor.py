"""`askwise doctor`: what is installed, what the machine offers, and whether a session file is sound."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise._version import __version__
from askwise.cli.common import session_place
from askwise.store.url import is_url, parse

CORE = ("numpy", "scipy", "scikit-learn", "numba", "array-api-compat", "pyarrow", "typer", "rich")
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "report": ("matplotlib", "jinja2"),
    "images": ("pillow",),
    "llm": ("httpcore",),
    "server": ("fastapi", "uvicorn"),
    "torch": ("torch",),
    "text": ("sentence-transformers",),
    "pandas": ("pandas",),
    "postgres": ("psycopg",),
}
"""Packages that each extra brings, by the name that pip knows."""


def doctor(
    session: Annotated[
        Any, typer.Argument(help="Session to examine, such as reviews.aw.", metavar="[SESSION]", parser=session_place)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a bug report or a program.")] = False,
) -> None:
    """Say what is installed, what this machine offers, and whether a session file is sound.

    Of a session, every row, query and answer is accounted for; what does not add up is said, with exit code 1.
    """
    found = examine(session)
    typer.echo(json.dumps(found, indent=2) if as_json else as_text(found))
    if not found.get("session", {}).get("account", {"sound": True})["sound"]:
        raise typer.Exit(1)


def examine(session: Path | str | None = None) -> dict[str, Any]:
    """Everything that doctor says, JSON-able. Raises StoreError for a session file that is not sound."""
    found = {
        "askwise": __version__,
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "platform": platform.platform(),
        "packages": {name: version_of(name) for name in CORE},
        "extras": {extra: {name: version_of(name) for name in names} for extra, names in EXTRAS.items()},
        "machine": {"cores": _cores(), "memory_gb": _memory_gb(), "gpu": _gpu()},
        "kernels": _kernels(),
        "data": _data(),
    }
    return found if session is None else {**found, "session": examine_session(session)}


def version_of(package: str) -> str | None:
    """Installed version, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def examine_session(path: Path | str) -> dict[str, Any]:
    """Counts of a session file, all of whose events were read and whose checksums agree. Raises StoreError."""
    from askwise.session import Session
    from askwise.session.audit import account

    record = Session.open(path)
    events = Counter(event.kind for event in record.events())
    return {
        "path": str(parse(path)) if isinstance(path, str) and is_url(path) else str(path),
        "integrity": "every event is there and its checksum agrees",
        "written_by": record.config.get("askwise"),
        "rows": record.state.fingerprint.get("n"),
        "classes": len(record.classes),
        "events": {"total": events.total(), **dict(sorted(events.items()))},
        "queries": len(record.queries),
        "open_queries": len(record.open_queries),
        "answers": len(record.answers),
        "labels": len(record.labels),
        "models": len(record.rounds),
        "finished": record.finished or None,
        "account": account(record).to_dict(),
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_gb() -> float | None:
    """Physical memory, where the system tells without another package."""
    names: Mapping[str, int] = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)


def _gpu() -> str | None:
    """What torch sees, if it is installed; nothing else here would use a GPU."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if torch.cuda.is_available():
        return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
    mps = getattr(torch.backends, "mps", None)
    return "Apple MPS" if mps is not None and mps.is_available() else None


def _kernels() -> dict[str, Any]:
    from askwise.kernels.backend import backend

    return {"backend": backend(), "set_by": "ASKWISE_BACKEND" if "ASKWISE_BACKEND" in os.environ else "default"}


def _data() -> dict[str, Any]:
    """The folder of data sets for tests and benchmarks."""
    named = os.environ.get("ASKWISE_DATA")
    return {"ASKWISE_DATA": named, "found": named is not None and Path(named).is_dir()}


def as_text(found: Mapping[str, Any]) -> str:
    """Two columns, for people."""
    machine = found["machine"]
    lines = [
        ("askwise", found["askwise"]),
        ("python", f"{found['python']['version']}  {found['python']['executable']}"),
        ("platform", found["platform"]),
        ("machine", f"{machine['cores']} cores, {machine['memory_gb'] or '?'} GB, GPU: {machine['gpu'] or 'none'}"),
        ("kernels", f"{found['kernels']['backend']} ({found['kernels']['set_by']})"),
        ("data", f"{found['data']['ASKWISE_DATA'] or 'ASKWISE_DATA is not set'}"),
        ("packages", _versions(found["packages"])),
        *((f"[{extra}]", _extra(extra, packages)) for extra, packages in found["extras"].items()),
    ]
    if "session" in found:
        lines += [("", ""), *_session_lines(found["session"])]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in lines)


def _versions(packages: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {version or 'MISSING'}" for name, version in packages.items())


def _extra(extra: str, packages: Mapping[str, str | None]) -> str:
    if all(packages.values()):
        return _versions(packages)
    missing = ", ".join(name for name, version in packages.items() if version is None)
    return f'not installed ({missing}): pip install "askwise[{extra}]"'


def _session_lines(session: Mapping[str, Any]) -> list[tuple[str, str]]:
    kept = {name: value for name, value in session.items() if name != "account"}
    account = session["account"]
    shown = {**kept, "events": _counted(session["events"])}
    shown |= {f"all {name}": _counted(account[name]) for name in ("rows", "queries", "answers", "annotators")}
    shown["account"] = "all adds up" if account["sound"] else "; ".join(account["problems"])
    return [(name.replace("_", " "), "-" if value is None else str(value)) for name, value in shown.items()]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()) or "none"
