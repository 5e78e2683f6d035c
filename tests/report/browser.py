"""Pages as a browser has them after their scripts: what the tests of reports share."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

HOSTILE = "</script><img src=x onerror=alert(1)> \"'&amp;\u2028{{7*7}}"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
WIDTHS = (390, 1280)


class Shape(HTMLParser):
    """Counts the elements of a page with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[(tag, *sorted(name for name, _ in attrs))] += 1
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]


def stands_by_itself(page: str) -> bool:
    """Tell whether a page loads nothing, is small, and its policy lets nothing else run."""
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', page)[0])
    return (
        len(page.encode("utf-8")) < 2_000_000
        and all(link.startswith(("#", "data:")) for link in Shape(page).links)
        and policy.startswith("default-src 'none'; script-src 'sha256-")
        and "unsafe" not in policy
        and "url(http" not in page
    )


def open_page(file: Path, profile: Path, dark: bool = False) -> tuple[str, str]:
    """Return the DOM of a page as Chromium has it after its scripts, and what was logged."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=3000",
         "--enable-logging=stderr", f"file://{file}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def ask(pages: Sequence[str], script: str, folder: Path, *, dark: bool = False, widths: Sequence[int] = WIDTHS) -> list:
    """Return what a function of a window says of each page at each width, all in one start of the browser.

    Args:
        pages: Their HTML.
        script: JavaScript: a function of the page's window that returns something JSON can hold.
        folder: Where the browser may write.
        dark: Whether the system prefers dark colours.
        widths: In pixels.

    Returns:
        Page by page, width by width.
    """
    frames = [
        f'<iframe width="{width}" height="900" style="border:0" srcdoc="{html.escape(page)}"></iframe>'
        for page in pages
        for width in widths
    ]
    told = f"[...document.querySelectorAll('iframe')].map((frame) => ({script})(frame.contentWindow))"
    answer = f"<script>onload = () => {{ document.title = JSON.stringify({told}); }}</script>"
    (folder / "frames.html").write_text(f"<!doctype html>{''.join(frames)}{answer}", encoding="utf-8")
    dom, logged = open_page(folder / "frames.html", folder / "profile", dark)
    assert logged == ""
    found = json.loads(html.unescape(re.findall(r"<title>(.*?)</title>", dom, re.S)[-1]))
    assert isinstance(found, list)
    assert len(found) == len(frames)
    return found
