"""Hostile text in every field that a room takes or shows: rows, classes, notes, names, files, guidelines, reports."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest

from askwise.server.guidelines import Guidelines, tree
from askwise.server.people import People
from askwise.server.room import Room
from askwise.server.team import TeamAccess
from askwise.session import Budget, Session

from .conftest import HOME, PORT, Access, Caller, TestClient, create_app

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt/src=//evil.example/x.js>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'\"><iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](x){onerror=alert(1)}",
    "<math><mtext></table><mglyph><style><img src onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)} #{alert(1)} <%= 1 %>",
    "</title></textarea></style></script><script>alert(1)</script>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "\u202egnp.exe\u2028alert(1)\u2029",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;script&#62;",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "%2e%2e%2f%252e%252e%252fetc%252fpasswd",
    "\r\nset-cookie: stolen=1\r\n\r\n<script>alert(1)</script>",
    "'; DROP TABLE event; --",
    "{'__proto__': {'admin': true}}",
    "\U0001f600" * 3 + "\u0000nul",
]

HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}
ACTIVE = {"script", "iframe", "object", "embed", "base", "meta", "svg", "math", "style", "link", "form", "img"}


def check(reply, attack):
    """A reply that may carry the text is JSON, and says so; its headers hold nothing of it."""
    assert reply.status_code < 500, reply.text
    assert reply.headers["content-type"] == "application/json", reply.headers["content-type"]
    assert "unsafe" not in reply.headers["content-security-policy"]
    assert HEADERS.items() <= {name.lower(): value for name, value in reply.headers.items()}.items()
    assert not any("stolen" in value or attack in value for value in reply.headers.values())
    return reply.json()


def calls(caller, attack):
    """Everything that a page asks for and sends, with the text wherever it goes."""
    page = check(caller.get("/api/next?n=4&wait=10"), attack)
    first, second, third, fourth = (item["query"] for item in page["items"])
    check(caller.get("/api/start"), attack)
    check(caller.get(f"/api/why?query={first}"), attack)
    check(caller.post("/api/flag", {"event": "note-00001", "query": first, "note": attack}), attack)
    check(caller.label(first, attack), attack)
    check(caller.label(second, f"not a class {attack}"), attack)
    check(caller.post("/api/answers", {"event": attack, "query": second, "label": attack}), attack)
    check(caller.post("/api/answers", {"event": "event-x-0001", "query": second, "label": {attack: [attack]}}), attack)
    check(caller.post("/api/answers", {attack: attack}), attack)
    check(caller.act("skip", third), attack)
    check(caller.act("abstain", fourth), attack)
    check(caller.act("undo", fourth), attack)
    check(caller.get("/api/status"), attack)
    return page


@pytest.mark.parametrize("attack", ATTACKS)
def test_rows_ids_classes_and_notes_go_out_as_json_and_come_back_as_they_are(make, attack):
    texts = [f"{attack} number {i}" for i in range(12)]
    caller = make(pool=texts, classes=[attack, "b"], budget=None, strategy="random", guard=False)
    page = calls(caller, attack)
    assert all(item["view"]["text"].startswith(attack) for item in page["items"])
    assert caller.room.session.answers[0].label == attack
    assert attack not in caller.get("/").text
    assert list(caller.room.session.events())[-1].seq == caller.room.session.state.seq


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_of_people_are_text(tmp_path, attack):
    people = People(tmp_path / "people.json")
    people.add("olga", "owner", "a long password")
    session = Session(None, pool=["a b", "c d", "e f"], classes=["x", "y"], strategy="random", guard=False)
    room = Room(session, title=attack, team=True).start()
    try:
        http = TestClient(create_app(room, TeamAccess(people, PORT)), base_url=HOME, raise_server_exceptions=False)
        http.headers["authorization"] = f"Bearer {people.issue('olga')}"
        added = check(http.post("/api/admin/people", json={"name": attack[:64].strip(), "role": "annotator"}), attack)
        check(http.get("/api/admin/people"), attack)
        check(http.get("/api/status"), attack)
        name = attack[:64].strip()
        known = people.get(name)
        assert (known is None) == ("secret" not in added)
        if known is not None:
            http.headers["authorization"] = f"Bearer {people.issue(name)}"
            item = check(http.get("/api/next?n=1&wait=10"), attack)["items"][0]
            body = {"event": "event-0001", "query": item["query"], "label": "x"}
            assert check(http.post("/api/answers", json=body), attack)["status"]["annotator"] == name
        stranger = TestClient(create_app(room, TeamAccess(people, PORT)), base_url=HOME, raise_server_exceptions=False)
        login = {"name": attack[:64], "password": attack}
        check(stranger.post("/api/login", json=login, headers={"origin": HOME}), attack)
    finally:
        room.close()


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_of_files_never_become_addresses_or_types(tmp_path, attack):
    from PIL import Image

    from askwise.pool import open_pool

    stream = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(stream, "png")
    folder = tmp_path / "images"
    folder.mkdir()
    name = attack.replace("/", "∕").replace("\0", "").encode("utf-8", "ignore").decode()[:60]
    for i in range(6):
        (folder / f"{name}{i}.png").write_bytes(stream.getvalue())
    pool = open_pool(folder).pool
    session = Session(None, pool=pool, classes=["x", "y"], strategy="random", guard=False, budget=Budget(answers=6))
    room = Room(session).start()
    try:
        caller = Caller(room, Access(PORT)).enter()
        for item in check(caller.get("/api/next?n=3&wait=20"), attack)["items"]:
            url = item["view"]["url"]
            assert url.startswith("/media/") and name not in url and "." not in url
            image = caller.get(url)
            assert image.headers["content-type"] == "image/png" and image.content == stream.getvalue()
            assert image.headers["x-content-type-options"] == "nosniff"
    finally:
        room.close()


class Active(HTMLParser):
    """Finds what a browser would run."""

    def __init__(self, free=frozenset()):
        super().__init__()
        self.found, self.free = [], free

    def handle_starttag(self, tag, attrs):
        if tag in ACTIVE - self.free:
            self.found.append(tag)
        for key, value in attrs:
            if key.startswith("on") or key == "srcdoc" or "javascript:" in (value or "").lower():
                self.found.append((tag, key, value))


def nodes(tree_of):
    """Every element of a tree of guidelines: (tag, attributes)."""
    for node in tree_of:
        if isinstance(node, list):
            tag, attributes, *children = node
            yield tag, attributes
            yield from nodes(children[0] if len(children) == 1 and isinstance(children[0], list) else children)


@pytest.mark.parametrize("attack", ATTACKS)
def test_guidelines_become_harmless_elements(tmp_path, attack):
    path = tmp_path / "rules.md"
    path.write_text(f"# Rules\n\n{attack}\n\n- item {attack}\n\n`{attack}`\n", encoding="utf-8", errors="ignore")
    made = tree(Guidelines(path).text)
    for tag, attributes in nodes(made):
        assert isinstance(tag, str) and tag not in ACTIVE
        for key, value in attributes.items() if isinstance(attributes, dict) else ():
            assert key in ("href", "start") and not str(value).lower().strip().startswith(("javascript:", "data:"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_reports_hold_no_active_markup(attack):
    with Session(None, pool=[f"{attack} {i}" for i in range(20)], classes=[attack, "b"], strategy="random",
                 guard=False) as session:  # fmt: skip
        session.tell([{"row": i, "label": attack if i % 2 else "b", "annotator": attack} for i in range(10)])
        page = session.report().html()
    plain = Session(None, pool=[f"row {i}" for i in range(20)], classes=["a", "b"], strategy="random", guard=False)
    plain.tell([{"row": i, "label": "a" if i % 2 else "b", "annotator": "ana"} for i in range(10)])
    found, usual = Active(), Active()
    found.feed(page)
    usual.feed(plain.report().html())
    assert found.found == usual.found, "the report of hostile names has other active elements than that of plain ones"


def test_text_that_is_no_utf8_is_shown_as_far_as_it_goes(make):
    caller = make(pool=[f"caf\udce9 number {i}" for i in range(12)], classes=["a", "b"], budget=None, strategy="random")
    (item, *_) = check(caller.get("/api/next?n=2&wait=10"), "\udce9")["items"]
    assert item["view"]["text"].startswith("caf") and "number" in item["view"]["text"]
    assert caller.label(item["query"], "a").status_code == 200


PATHS = [
    "/media/{}/x", "/media/x/{}", "/static/{}", "/{}", "/api/{}", "/static/assets/{}", "/api/insight/{}", "/review/{}",
]  # fmt: skip
WAYS_OUT = [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd", "....//....//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "..%c0%af..%c0%afetc/passwd",
    "..;/..;/etc/passwd", "%00/etc/passwd", "index.html%00.png", "../room.py", "..%2fapp.py", "file:///etc/passwd",
]  # fmt: skip


def test_no_path_leads_out_of_the_room(make):
    caller = make(start=False)
    shell = caller.get("/").text
    for path in PATHS:
        for way in WAYS_OUT:
            reply = caller.get(path.format(way))
            assert reply.status_code in (400, 404, 405, 422), (path, way, reply.status_code)
            assert "root:" not in reply.text and "import" not in reply.text and reply.text != shell
