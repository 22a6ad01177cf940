"""`askwise restore`: see `askwise backup`, beside which it lives."""

from __future__ import annotations

from askwise.cli.backup import restore

__all__ = ["restore"]
