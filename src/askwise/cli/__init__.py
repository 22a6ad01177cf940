"""The command line: one file per command; nothing heavy is imported before a command runs."""

from __future__ import annotations

from askwise.cli.common import make_app

COMMANDS = (
    "label",
    "serve",
    "people",
    "test",
    "annotate",
    "ml_backend",
    "webhooks",
    "track",
    "simulate",
    "lab",
    "demo",
    "report",
    "agreement",
    "export",
    "import",
    "strategies",
    "doctor",
    "backup",
    "restore",
)
"""In the order of `askwise --help`. Each is the function, or the group of commands, of that name in the file of that
name."""

app = make_app(COMMANDS)


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    app()
