"""Signatures of Standard Webhooks: HMAC-SHA-256 over id, time and body, with a secret for each endpoint."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from askwise.core.errors import BadInput

PREFIX = "whsec_"


def new_secret() -> str:
    """A fresh secret of 24 random bytes.

    >>> new_secret()[:6]
    'whsec_'
    """
    return PREFIX + base64.b64encode(secrets.token_bytes(24)).decode("ascii")


def sign(secret: str, message: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, sent at the Unix time `at`. Raises BadInput for a secret that is none.

    Source: Standard Webhooks specification, https://www.standardwebhooks.com, "Signature scheme".

    >>> secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    >>> sign(secret, message, 1614265330, b'{"test": 2432232314}')["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise BadInput(f"the secret is not base64 after {PREFIX!r} ({error}); give none to have one made") from error
    if len(key) < 16:
        raise BadInput(
            f"a secret of {len(key)} bytes is short; give 24 to 64 bytes in base64, or none to have one made"
        )
    digest = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode('ascii')}",
    }
