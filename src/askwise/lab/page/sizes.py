"""What pictures of the page have in common."""

from __future__ import annotations

WIDE = 8.4
"""Inches across."""

LETTER = 0.085
"""Inches that a letter takes, about."""
