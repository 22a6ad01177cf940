"""Which addresses may be talked to. Decided on numbers after the name was looked up, never on the name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TypeAlias

from askwise.core.errors import BadInput

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OWN = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Loopback and private networks: what `private=True` opens."""

_METADATA = tuple(ipaddress.ip_network(text) for text in ("169.254.0.0/16", "fd00:ec2::254/128", "168.63.129.16/32"))
"""Where clouds hand out credentials to whoever asks from inside; one of them is a public address."""


@dataclass(frozen=True)
class Door:
    """Which addresses are open: public ones; with `private` loopback and private networks too; and `networks` by name.

    Metadata services and link-local addresses stay shut unless a network in `networks` names them.
    Raises BadInput for a network that is none.

    >>> Door().open("93.184.216.34"), Door().open("127.0.0.1"), Door(private=True).open("169.254.169.254")
    (True, False, False)
    """

    private: bool = False
    networks: tuple[str, ...] = ()
    _named: tuple[Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", tuple(_network(text) for text in self.networks))

    def open(self, text: str) -> bool:
        """Whether an IP address may be connected to; one that carries another inside is judged by that one."""
        address = inner(ipaddress.ip_address(text))
        if _within(address, self._named):
            return True
        if _within(address, _METADATA):
            return False
        if self.private and _within(address, _OWN):
            return True
        return address.is_global and not address.is_multicast


def inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that is routed to it: mapped, 6to4, NAT64; else the address itself.

    >>> [str(inner(ipaddress.ip_address(text))) for text in ("::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe")]
    ['127.0.0.1', '127.0.0.1', '169.254.169.254']
    """
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is no network ({error}); give one such as 10.1.0.0/16, or one address") from error
