"""The guarded fetcher: every known way around the check of addresses, and every way to keep it waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

import pytest

from askwise.core.errors import BadInput
from askwise.net import Door, Fetcher, Refused, Unreachable

from .conftest import PUBLIC, Site, reply

OWN = Door(private=True)


def names(**known: Sequence[str]) -> Any:
    """A look-up that knows these names only, and numbers."""

    def look_up(host: str, port: int) -> Sequence[str]:
        name = host.replace(".", "_").replace("-", "_")
        if name in known:
            return known[name]
        return [str(one[4][0]) for one in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]

    return look_up


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("127.9.9.9", False, True),
        ("::1", False, True),
        ("10.1.2.3", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("fd12::1", False, True),
        ("169.254.169.254", False, False),
        ("fd00:ec2::254", False, False),
        ("168.63.129.16", False, False),
        ("100.64.0.1", False, False),
        ("100.100.100.200", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("ff02::1", False, False),
        ("255.255.255.255", False, False),
        ("192.0.2.1", False, False),
        ("::ffff:127.0.0.1", False, True),
        ("::ffff:169.254.169.254", False, False),
        ("::ffff:93.184.216.34", True, True),
        ("2002:7f00:0001::", False, True),
        ("64:ff9b::7f00:1", False, True),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("2001:0:7f00:1::1", False, False),
    ],
)
def test_which_addresses_are_open(address: str, public: bool, private: bool) -> None:
    assert (Door().open(address), OWN.open(address)) == (public, private)


def test_a_network_named_is_open_even_link_local() -> None:
    door = Door(networks=("169.254.10.0/24", "10.0.0.7"))
    assert door.open("169.254.10.9") and door.open("10.0.0.7") and door.open("::ffff:10.0.0.7")
    assert not door.open("169.254.169.254") and not door.open("10.0.0.8")
    with pytest.raises(BadInput, match=r"'10.0.0.1/8' is no network"):
        Door(networks=("10.0.0.1/8",))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0",
        "[::]",
    ],
)
def test_no_spelling_of_this_machine_is_let_through(site: Site, host: str) -> None:
    with pytest.raises((Refused, Unreachable)) as error:
        Fetcher().get(f"http://{host}:{site.port}/")
    assert isinstance(error.value, Refused) or "unknown here" in str(error.value)
    assert site.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "http:///nothing",
        "http://user:secret@example.org/",
        "http://user@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org/ HTTP/1.1\r\nX: y",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://example.org:99999/",
        "http://ex\u00e4mple.org/",
    ],
)
def test_odd_urls_are_refused_before_any_look_up(url: str) -> None:
    def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError("looked up")

    with pytest.raises(Refused) as error:
        Fetcher(look_up=never).get(url)
    assert "secret" not in str(error.value)


def test_a_name_is_looked_up_once_and_that_address_is_dialled(site: Site, dialled: list[str]) -> None:
    """DNS rebinding: the second look-up would have led inside."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    fetcher = Fetcher(look_up=lambda host, port: next(answers))
    assert fetcher.get("http://rebind.example/x").body == b"hello"
    assert dialled == [PUBLIC]
    assert site.seen[0][2]["host"] == "rebind.example"
    with pytest.raises(Refused, match=r"rebind.example is a private address \('127.0.0.1'\)"):
        fetcher.get("http://rebind.example/x")
    assert dialled == [PUBLIC]


def test_one_private_address_among_public_ones_is_enough_to_refuse(dialled: list[str]) -> None:
    fetcher = Fetcher(look_up=names(mixed_example=[PUBLIC, "10.0.0.1"]))
    with pytest.raises(Refused, match=r"'10.0.0.1'"):
        fetcher.get("http://mixed.example/")
    assert dialled == []


def test_a_check_sends_nothing(dialled: list[str]) -> None:
    Fetcher(look_up=names(a_example=[PUBLIC])).check("https://a.example/x")
    with pytest.raises(Refused):
        Fetcher().check("http://127.0.0.1/")
    assert dialled == []


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/", "http://inner.example/", "http://[::ffff:10.0.0.1]/", "file:///x"]
)
def test_a_redirect_is_checked_like_the_first_address(site: Site, dialled: list[str], target: str) -> None:
    site.play = lambda handler: reply(handler, 302, location=target)
    fetcher = Fetcher(look_up=names(out_example=[PUBLIC], inner_example=["192.168.0.9"]), redirects=3)
    with pytest.raises(Refused):
        fetcher.get("http://out.example/")
    assert dialled == [PUBLIC]


def test_redirects_are_followed_so_far_and_secrets_stay(site: Site, dialled: list[str]) -> None:
    def play(handler: Any) -> None:
        if handler.path == "/a":
            reply(handler, 301, location="/b")
        elif handler.path == "/b":
            reply(handler, 302, location="http://other.example/c")
        elif handler.path == "/loop":
            reply(handler, 302, location="/loop")
        else:
            reply(handler, 200, b"there")

    site.play = play
    fetcher = Fetcher(look_up=names(one_example=[PUBLIC], other_example=["1.1.1.1"]), redirects=2)
    got = fetcher.get("http://one.example/a", {"Authorization": "Bearer x", "accept": "text/plain"})
    assert (got.status, got.body, got.url) == (200, b"there", "http://other.example/c")
    assert [("authorization" in headers, headers["accept"]) for _, _, headers, _ in site.seen] == [
        (True, "text/plain"),
        (True, "text/plain"),
        (False, "text/plain"),
    ]
    with pytest.raises(Unreachable, match="redirects more than 2 times"):
        fetcher.get("http://one.example/loop")
    assert Fetcher(look_up=names(one_example=[PUBLIC])).get("http://one.example/a").status == 301


def test_a_post_is_never_redirected(site: Site) -> None:
    site.play = lambda handler: reply(handler, 307, location="http://127.0.0.1/")
    got = Fetcher(OWN, redirects=5).post(
        f"http://127.0.0.1:{site.port}/in", b"{}", {"content-type": "application/json"}
    )
    assert got.status == 307
    method, path, headers, body = site.seen[0]
    assert (method, path, body, headers["content-type"]) == ("POST", "/in", b"{}", "application/json")
    assert len(site.seen) == 1


@pytest.mark.parametrize("said", ["in the header", "in chunks"])
def test_a_large_reply_is_broken_off(site: Site, said: str) -> None:
    def play(handler: Any) -> None:
        if said == "in the header":
            reply(handler, 200, b"x" * 5000)
            return
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for _ in range(5):
            handler.wfile.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    site.play = play
    url = f"http://127.0.0.1:{site.port}/"
    with pytest.raises(Unreachable, match="sends more than 4,999 bytes"):
        Fetcher(OWN, most=4999).get(url)
    assert len(Fetcher(OWN, most=5000).get(url).body) == 5000


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_reply_in_drops_ends_at_the_deadline(site: Site, where: str) -> None:
    """Each drop comes well within the time limit of one read."""

    def play(handler: Any) -> None:
        if where == "body":
            reply(handler, 200, b"", **{"content-length": "1000"})
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    site.play = play
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.3 seconds"):
        Fetcher(OWN, seconds=0.3).get(f"http://127.0.0.1:{site.port}/")


def test_what_is_compressed_stays_compressed(site: Site) -> None:
    site.play = lambda handler: reply(handler, 200, b"\x1f\x8bbomb", **{"content-encoding": "gzip"})
    assert Fetcher(OWN).get(f"http://127.0.0.1:{site.port}/").body == b"\x1f\x8bbomb"
    assert site.seen[0][2]["accept-encoding"] == "identity"


def test_no_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert Fetcher(OWN).get(f"http://127.0.0.1:{site.port}/").status == 200


def test_nobody_there_and_no_such_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable, match=rf"http://127.0.0.1:{port} cannot be reached"):
            Fetcher(OWN).get(f"http://127.0.0.1:{port}/?key=secret")

    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror("no")

    with pytest.raises(Unreachable, match=r"'no\.example' is unknown here"):
        Fetcher(look_up=unknown).get("http://no.example/")


def test_the_next_address_is_tried_when_the_first_does_not_answer(site: Site) -> None:
    fetcher = Fetcher(OWN, look_up=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert fetcher.get(f"http://two.example:{site.port}/").status == 200


def test_a_reply_that_is_no_http(site: Site) -> None:
    def play(handler: Any) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n")
        handler.close_connection = True

    site.play = play
    with pytest.raises(Unreachable, match="RemoteProtocolError"):
        Fetcher(OWN).get(f"http://127.0.0.1:{site.port}/")
