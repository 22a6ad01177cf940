"""Running the room on this machine until Ctrl-C."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from askwise.core.errors import BadInput
from askwise.server.access import Access
from askwise.server.room import Room
from askwise.server.team import TeamAccess
from askwise.store.url import is_url

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 90
"""A connection stays open while somebody thinks: an answer then never meets one that is being closed."""

_FIRST_PORT, _PORTS = 20_000, 20_000


def port_for(path: str | Path) -> int:
    """A port that depends on the session's path: what a browser kept unsent for it finds its way back after a restart.

    >>> 20_000 <= port_for("reviews.aw") < 40_000
    True
    """
    place = str(path) if is_url(path) else str(Path(path).resolve())
    return _FIRST_PORT + zlib.crc32(place.encode()) % _PORTS


def listen(port: int, preferred: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A socket on loopback (or another address): at this port, or for port 0 at the preferred one if free, else at any.

    Raises BadInput when the port asked for is taken.
    """
    for attempt in dict.fromkeys([port] if port else [preferred, 0]):
        # Said to be TCP: asyncio sends small packets at once (TCP_NODELAY) on sockets that say so only. Without it,
        # every second reply on a connection waits 40 ms for an acknowledgement.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, attempt))
        except OSError as error:
            bound.close()
            if port or attempt == 0:
                where = f"port {port}" if port else f"the address {host!r}"
                raise BadInput(f"{where} cannot be used ({error.strerror}); give another") from error
            continue
        bound.listen(128)  # so that a browser that is quicker than the server waits, and is not turned away
        return bound
    raise BadInput(f"no port is free on {LOOPBACK}; close a program that serves one")


def serve(
    room: Room,
    *,
    port: int = 0,
    opened: Callable[[str], None],
    host: str = LOOPBACK,
    door: Callable[[int], TeamAccess] | None = None,
) -> None:
    """Serve a room until Ctrl-C or SIGTERM, then close its session. `opened` is told the one-time link.

    With a `door` (from the port to the access of a team) there is no such link: `opened` is told the address.
    """
    import uvicorn

    from askwise.server.app import create_app

    class Server(uvicorn.Server):
        """Ends quietly: lets requests that wait for news return, and does not raise the signal again."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            room.stop()
            self.force_exit = self.should_exit
            self.should_exit = True

    preferred = 0 if room.session.path is None else port_for(room.session.path)
    try:
        with listen(port, preferred, host) as bound:
            number = bound.getsockname()[1]
            access = Access(number) if door is None else door(number)
            settings = uvicorn.Config(
                create_app(room, access),
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
            room.start()
            opened(access.link if isinstance(access, Access) else f"{access.origin(f'{host}:{number}')}/")
            Server(settings).run(sockets=[bound])
    finally:
        room.close()
