"""A thousand names of columns, classes, metrics and runs that would steer a terminal: printed as they are."""

from __future__ import annotations

import io
import os
import random
import re
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from tests.campaigns.frame import Campaign

NUMBER, FAST = 1_000, 40
STYLE = re.compile(r"\x1b\[[\d;]*m")
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
PIECES = (
    "[bold]", "[/bold]", "[/]", "[red]", "[link=file:///etc/passwd]x[/link]", "[@click=app.quit]", ":smile:", "[blink]",
    "\\[", "]", "[", "\x1b[2J", "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\", "\x9b31m",
    "\x07", "\x08\x08\x08", "\r", "\n", "\t", "\x00", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028",
    "\ud800",
    "\x85", "\x0b", "\x0c", "한글", "나이", "é", "👍🏽", "👨‍👩‍👧", "ﷺ", "a" * 80, "%s", "{0}", "{x}",
    "${HOME}", "$(id)",
    "`id`",
    "<script>", "&amp;", "=1+1", "'", '"', "\\", "\\n", "\\x1b[31m", "--json", "-rf", "*", "../..", "C:\\", "nan", "0",
    "x",
    "https://example.org", "user@example.org", "2024-01-01", "True", "None", "1.5", "(1, 2)", "/home", "#1",
)  # fmt: skip


def hostile(number: int) -> str:
    """Return a name: one piece, or several with letters between."""
    if number < len(PIECES):
        return f"<{PIECES[number]}>"
    chance = random.Random(number)
    pieces = chance.choices(PIECES, k=chance.randrange(1, 5))
    return chance.choice(("", "a", "열 ")) + chance.choice(("", " ", "z")).join(pieces) + chance.choice(("", "b", "!"))


def attempt(number: int, place: Path) -> str:
    """Show one name in every way, to a terminal and to a file."""
    text = hostile(number)
    for interactive in (False, True):
        for show in _WAYS:
            shown, benign = _shown(show, text, interactive), _shown_benign(show, interactive)
            where = f"{show.__name__} {'in a terminal' if interactive else 'in a file'}"
            styles, wanted = STYLE.findall(shown), STYLE.findall(benign)
            if styles != wanted and (_visible(text) or not set(styles) <= set(wanted)):  # nothing to see has no style
                return f"{where}: styles of its own: {shown!r:.300}"
            plain = STYLE.sub("", shown)
            hidden = {c for c in plain if c != "\n" and unicodedata.category(c) in HIDDEN}
            if hidden:
                return f"{where}: printed {sorted(hidden)!r}"
            if _visible(text) not in _visible(plain):
                return f"{where}: not literal: {plain!r:.300}"
    return ""


@cache
def _shown_benign(show: Callable[[str], Any], interactive: bool) -> str:
    return _shown(show, "benign", interactive)


def _visible(text: str) -> str:
    """Return what a person should see of a text; spaces are left aside."""
    return "".join(c for c in text if unicodedata.category(c) not in HIDDEN and not c.isspace())


def _shown(show: Callable[[str], Any], text: str, interactive: bool) -> str:
    from dlrun.console import terminal

    output = io.StringIO()
    environment = {"COLUMNS": "5000", "TERM": "xterm-256color"}
    with (
        mock.patch.object(terminal, "is_interactive", lambda: interactive),
        mock.patch.object(terminal, "_PIPE_WIDTH", 5000),
        mock.patch.dict(os.environ, environment),
        redirect_stdout(output),
        redirect_stderr(output),
    ):
        terminal.screen.cache_clear()
        try:
            show(text)
        finally:
            terminal.screen.cache_clear()
    return output.getvalue()


def as_line(text: str) -> None:
    """A line."""
    from dlrun.console.terminal import say

    say(text)
    say(text, style="bold")


def as_path(text: str) -> None:
    """A line that is not wrapped."""
    from dlrun.console.terminal import say_whole

    say_whole(text)


def as_table(text: str) -> None:
    """Heads and cells."""
    from dlrun.console.terminal import heading, table

    heading(text)
    table(["", text], [[text, text], [text, 1]])


def as_metric(text: str) -> None:
    """Names of metrics and parts."""
    from dlrun.console.scores import show_scores

    show_scores({"test": {text: 0.5}, text: {text: 0.25}}, {})


def as_class(text: str) -> None:
    """Names of a target and its classes."""
    from dlrun.console.scores import show_class_report

    numbers = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 3}
    report = {
        "classes": [{"label": text, **numbers}, {"label": "b", **numbers}],
        "macro_avg": numbers,
        "weighted_avg": numbers,
        "labels": [text, "b"],
        "confusion_matrix": [[1, 2], [3, 4]],
    }
    show_class_report(text, "test", report)


def as_run(text: str) -> None:
    """A run's name in the list."""
    from dlrun.console.run_list import show_runs

    facts = {"name": text, "state": "finished", "epochs": 3, "best": None, "metrics": None, "created": "2026-01-01"}
    show_runs([facts], Path("runs"), [text])


def as_error(text: str) -> None:
    """What is wrong, and where."""
    from dlrun.cli import _report
    from dlrun.errors import DataError, Location, Problem

    _report(DataError(Problem(f"no column '{text}'", f"Did you mean '{text}'?", text, Location(text, 1, 2))), False)


_WAYS = (as_line, as_path, as_table, as_metric, as_class, as_run, as_error)


def trials(seed: int, fast: bool) -> range:
    """Return the numbers of the names."""
    return range(seed * NUMBER, seed * NUMBER + (FAST if fast else NUMBER))


CAMPAIGN = Campaign("terminal", "A name is printed as it is, and steers nothing.", trials, attempt)
