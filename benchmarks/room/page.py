"""How fast the page is: from a key press to the next item on the screen, in a real browser while the model learns.

    python -m benchmarks.room.page --answers 200 --pause 0.15

Serves a file of texts with `askwise label`, answers by keys at a person's pace, and prints the 50th, 95th and 99th
percentile of: key press to next item painted (the frame after the one that shows it), and submit to acknowledged.
Needs Chromium and Playwright.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WATCH = """() => {
  window.latencies = [];
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => {
    const start = pressed;
    pressed = 0;
    const item = document.querySelector("#item");
    if (!start || !item || item.classList.contains("waiting")) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();  // a task after the frame was painted
      channel.port1.onmessage = () => window.latencies.push(performance.now() - start);
      channel.port2.postMessage(0);
    });
  }).observe(document.getElementById("item"), { childList: true });
}"""

SUBMITS = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.endsWith("/api/answers")).map((entry) => entry.duration)"""

WORDS = (("soup", "bread", "pasta", "salad"), ("match", "goal", "race", "team"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--pause", type=float, default=0.15, help="seconds between keys")
    parser.add_argument("--classes", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        link, process = serve(Path(folder), given.rows, given.classes)
        try:
            keys, submits, waited = measure(link, given.answers, given.pause, given.classes)
        finally:
            process.terminate()
            process.wait(20)
    print(f"{given.answers} answers, {given.rows} rows, {given.classes} classes, a key every {given.pause:g} s")
    print(f"  key to next item painted  {percentiles(keys)} ms over {len(keys)}; waited for the room {waited} times")
    print(f"  submit to acknowledged    {percentiles(submits)} ms over {len(submits)}")


def serve(folder: Path, rows: int, classes: int) -> tuple[str, subprocess.Popen[str]]:
    """A room over texts of so many classes."""
    draw = random.Random(0)
    path = folder / "texts.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        for i in range(rows):
            own = [f"{word}{i % classes}" for word in draw.sample(WORDS[i % 2], 2)]
            writer.writerow([" ".join([*own, *(f"w{draw.randrange(3000)}" for _ in range(30)), str(i)])])
    names = ",".join(f"class {i}" for i in range(classes))
    command = [
        sys.executable,
        "-m",
        "askwise",
        "label",
        str(path),
        "--text",
        "text",
        "--classes",
        names,
        "--no-browser",
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found.group(), process
    raise SystemExit("the room did not start")


def measure(link: str, answers: int, pause: float, classes: int) -> tuple[list[float], list[float], int]:
    """Milliseconds from keys to items, and of submissions; and how often nothing was there."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page: Any = browser.new_page()
        page.goto(link)
        page.wait_for_selector("#item:not(.waiting) .text")
        page.evaluate(WATCH)
        waited = 0
        for _ in range(answers):
            if page.query_selector("#item.waiting"):
                waited += 1
                page.wait_for_selector("#item:not(.waiting) .text")
            number = int(page.inner_text("#item .text").split()[-1])
            page.keyboard.press(str(number % classes + 1))
            page.wait_for_timeout(1000 * pause)
        page.wait_for_selector("#saved[data-unsaved='0']")
        found = page.evaluate("() => window.latencies"), page.evaluate(SUBMITS), waited
        browser.close()
    return found


def percentiles(values: list[float]) -> str:
    """The 50th, 95th and 99th percentile in words."""
    ordered = sorted(values)
    at = {part: ordered[min(len(ordered) - 1, int(part * len(ordered) / 100))] for part in (50, 95, 99)}
    return ", ".join(f"p{part} {value:.1f}" for part, value in at.items())


if __name__ == "__main__":
    main()
