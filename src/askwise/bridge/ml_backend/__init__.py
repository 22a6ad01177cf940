"""An ML backend for Label Studio: it predicts, orders by the session's strategy, and takes annotations as answers."""

from __future__ import annotations

from askwise.bridge.ml_backend.app import create_app
from askwise.bridge.ml_backend.backend import Backend

__all__ = ["Backend", "create_app"]
