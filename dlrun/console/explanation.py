"""An explanation on the screen: Keras's docstrings as readable text."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from dlrun.console.terminal import heading, say, screen
from dlrun.console.text import clean

if TYPE_CHECKING:
    from dlrun.config.explanation import Argument, Explanation

_BOLD, _DIM = "bold", "dim"
_WIDTH = 100  # longer lines are hard to read, however wide the terminal is


def show_listing(names: dict[str, list[str]]) -> None:
    """Print every name that can be explained."""
    for kind, listed in names.items():
        say(kind, style=_BOLD)
        _paragraph(", ".join(listed), indent=2)


def show_explanation(told: Explanation) -> None:
    """Print what there is to say of a name."""
    source = f", {told.source}" if told.source else ""
    title = Text.assemble((clean(told.name), _BOLD), f"  {told.what}{source}")
    screen().print(title, soft_wrap=True)
    if told.refused:
        _paragraph(f"It cannot stand in a config. {told.refused}", indent=2)
    elif told.where:
        _paragraph(
            f"stands {told.where}" + (f"; also called {', '.join(told.aliases)}" if told.aliases else ""), indent=2
        )
    say()
    if told.summary:
        _paragraph(told.summary)
    if told.yaml:
        heading("In YAML")
        _code(told.yaml)
    if told.arguments:
        heading("Takes" if _single(told) else "Keys" if told.what == "config key" else "Arguments")
        for argument in told.arguments:
            _show_argument(argument, _single(told))
    if told.body:
        heading("More") if told.arguments else say()
        _prose(told.body)
    for head, text in told.sections.items():
        heading(head)
        _prose(text)
    say()


def _single(told: Explanation) -> bool:
    return len(told.arguments) == 1 and told.name.rpartition(".")[2] == told.arguments[0].name


def _show_argument(argument: Argument, alone: bool) -> None:
    default = "" if argument.default is None else f"default {_shown(argument.default)}"
    about = ", ".join(part for part in (argument.type, "required" if argument.required else default) if part)
    line = Text.assemble("  ", (clean(argument.name), _BOLD), (f"  {clean(about)}" if about else "", _DIM))
    screen().print(line, soft_wrap=True)
    if not alone:
        for paragraph in argument.text.split("\n"):
            if paragraph:
                _paragraph(paragraph, indent=6)


def _shown(default: object) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def _prose(text: str) -> None:
    """Print a docstring's text: paragraphs flow, code and lists keep their lines."""
    fenced = session = False
    flowing: list[str] = []

    def flush() -> None:
        if flowing:
            _paragraph(" ".join(flowing), indent=2)
            flowing.clear()

    for line in text.splitlines():
        session = line.startswith(">>>") or (session and bool(line.strip()))  # what Python answers belongs to it
        if line.strip().startswith("```"):
            flush()
            fenced = not fenced
        elif fenced or session or line.startswith("    "):
            flush()
            _code(line)
        elif not line.strip():
            flush()
            say()
        else:
            if re.match(r"\s*([-*]|\d+\.) ", line):
                flush()
            flowing.append(line.strip())
    flush()


def _code(text: str) -> None:
    for line in text.splitlines():
        screen().print(Text(f"    {clean(line)}" if line.strip() else "", style="cyan"), soft_wrap=True)


def _paragraph(text: str, indent: int = 0) -> None:
    plain = re.sub(r"`+([^`]*)`+", r"\1", re.sub(r"\[([^\]]*)\]\(\s*(\S+)\)", r"\1 (\2)", text))
    before = " " * indent
    for line in textwrap.wrap(
        clean(plain.replace("\\*", "*")),
        min(screen().width, _WIDTH),
        initial_indent=before,
        subsequent_indent=before,
        break_on_hyphens=False,
    ):
        screen().print(Text(line), soft_wrap=True)
