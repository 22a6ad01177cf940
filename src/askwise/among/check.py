"""What every sub-pool checks of its settings."""

from __future__ import annotations

from askwise.core.errors import BadInput


def check_count(name: str, setting: str, value: int) -> None:
    """Raise BadInput for a setting that leaves no sub-pool."""
    if value < 1:
        raise BadInput(f"{name}: {setting}={value} leaves no sub-pool; give 1 or more")
