"""The built page: made from the sources that lie here, complete in the wheel, small, nothing from outside."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import askwise.server as server

ROOT = Path(__file__).parents[2]
FRONT = ROOT / "front"
STATIC = Path(server.__file__).parent / "static"
PAGES = ("index.html", "locked.html", "login.html")
BEYOND_PAGES = ("build-manifest.ts", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
LARGEST_LABELLING_PAGE = 60_000
REBUILD = "the sources of the page have changed since it was built: run `make front` and commit what it writes"

PARSES_MARKUP = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML|DOMParser|srcdoc"
    r"|createContextualFragment"
)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sources() -> list[Path]:
    """What the page is built from: the rule of front/build-manifest.ts."""
    code = [path for path in files(FRONT / "src") if not re.search(r"\.test\.tsx?$", path.name)]
    return [FRONT / name for name in PAGES + BEYOND_PAGES] + files(FRONT / "public") + code


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    return read


def test_the_built_page_is_made_from_these_sources(manifest):
    now = {path.relative_to(FRONT).as_posix(): sha256(path) for path in sources()}
    assert manifest["sources"] == now, REBUILD


def test_no_built_file_was_edited_or_left_behind(manifest):
    now = {path.relative_to(STATIC).as_posix(): sha256(path) for path in files(STATIC) if path.name != "manifest.json"}
    assert manifest["built"] == now, "built files differ from what was built: never edit them, run `make front`"


def test_every_built_file_is_in_the_wheel(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("askwise/server/static/")}
    assert inside == {f"askwise/server/static/{path.relative_to(STATIC).as_posix()}" for path in files(STATIC)}


def loaded_by(page: str) -> set[Path]:
    """The page, and all that it loads before anybody does anything."""
    found = {STATIC / page}
    waiting = [STATIC / page]
    while waiting:
        text = waiting.pop().read_text("utf-8")
        named = re.findall(r'(?:src|href)="/static/([^"]+)"', text) + [
            f"assets/{name}" for name in re.findall(r'(?:\bfrom|\bimport)\s*"\./([^"]+)"', text)
        ]
        for path in {STATIC / name for name in named} - found:
            found.add(path)
            if path.suffix in (".js", ".html"):
                waiting.append(path)
    return found


def test_the_labelling_page_is_small():
    loaded = loaded_by("index.html")
    assert {path.suffix for path in loaded} >= {".html", ".js", ".css"}
    size = sum(len(gzip.compress(path.read_bytes())) for path in loaded)
    assert size <= LARGEST_LABELLING_PAGE, f"{size} bytes: move what not every answer needs into a widget or page"


def test_pages_load_what_is_there_and_run_nothing_inline():
    for name in PAGES:
        text = (STATIC / name).read_text("utf-8")
        assert all(path.is_file() for path in loaded_by(name))
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), name
        assert not re.search(r"\son\w+=|\sstyle=|<style", text), name


def test_nothing_comes_from_outside():
    namespaces = r"http://www\.w3\.org/(2000/svg|1998/Math/MathML|1999/xhtml)"
    for path in files(STATIC):
        text = re.sub(namespaces, "", path.read_text("utf-8"))
        assert not re.search(r"https?://|@import|url\(", text), path.name


def test_no_source_parses_markup():
    """Preact can; the policy of the page forbids it, and here nobody asks it to."""
    for path in files(FRONT / "src"):
        assert not re.search(f"{PARSES_MARKUP}|dangerouslySet", path.read_text("utf-8")), path.name


def test_the_lock_file_names_no_host():
    lock = json.loads((FRONT / "package-lock.json").read_text("utf-8"))
    assert "://" not in json.dumps(lock)
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)
