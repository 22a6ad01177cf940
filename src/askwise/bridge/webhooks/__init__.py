"""Webhooks: what happens in a session is told to others, signed, at least once, and never lost on the way."""

from __future__ import annotations

from askwise.bridge.webhooks.dispatch import Dispatcher
from askwise.bridge.webhooks.messages import TYPES, Message, Teller
from askwise.bridge.webhooks.outbox import Endpoint, Outbox, beside
from askwise.bridge.webhooks.sign import new_secret, sign

__all__ = ["TYPES", "Dispatcher", "Endpoint", "Message", "Outbox", "Teller", "beside", "new_secret", "sign"]
