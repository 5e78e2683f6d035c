"""Docstrings of Keras's kind taken apart: the summary, the arguments, the other sections."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field

_ARGUMENT_HEADS = {"Args", "Arguments"}
_HEAD = re.compile(r"([A-Z][A-Za-z ]{2,40}):$")
_ARGUMENT = re.compile(r"`?\*{0,2}(\w+(?: ?[,/] ?\w+)*)`?(?: \([^)]*\))?: ?(.*)")


@dataclass(frozen=True)
class Docstring:
    """A docstring taken apart.

    Args:
        summary: Its first paragraph, in one line.
        body: What stands between the summary and the first section, dedented.
        arguments: Name to text, in one line; paragraphs and lists stay apart by line ends.
        sections: Head to text of every other section, in order: "Example", "Input shape", "References".
    """

    summary: str = ""
    body: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)


def parse_docstring(text: str) -> Docstring:
    """Return the parts of a docstring without indentation, as `inspect.getdoc` gives it."""
    summary, _, rest = text.strip().partition("\n\n")
    blocks: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in rest.splitlines():
        fenced ^= line.lstrip().startswith("```")
        head = None if fenced else _HEAD.match(line)
        if head:
            blocks.append((head[1], []))
        else:
            blocks[-1][1].append(line)
    arguments: dict[str, str] = {}
    sections: dict[str, str] = {}
    for head_text, lines in blocks[1:]:
        if head_text in _ARGUMENT_HEADS:
            arguments |= _arguments(lines)
        elif "".join(lines).strip():
            sections[head_text] = textwrap.dedent("\n".join(lines)).strip("\n")
    body = "\n".join(blocks[0][1]).strip("\n")
    return Docstring(" ".join(summary.split()), body, arguments, sections)


def _arguments(lines: list[str]) -> dict[str, str]:
    """Return `name: text` for lines such as `    units: Positive integer, ...`, which go on further indented."""
    texts: dict[str, list[str]] = {}
    current: list[str] = []
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        depth = indent if depth is None and line.strip() else depth
        found = _ARGUMENT.fullmatch(line.strip()) if line.strip() and indent == depth else None
        if found:
            current = [found[2]]
            texts |= dict.fromkeys(re.split(r" ?[,/] ?", found[1]), current)
        else:
            current.append(line[depth or 0 :])
    return {name: _flowing(text) for name, text in texts.items()}


def _flowing(lines: list[str]) -> str:
    """Return lines as paragraphs of one line each; items of a list begin lines of their own."""
    paragraphs: list[str] = []
    fresh = True
    for line in lines:
        words = " ".join(line.split())
        if not words:
            fresh = True
        elif fresh or re.match(r"[-*] |\d+[.)] ", words):
            paragraphs.append(words)
            fresh = False
        else:
            paragraphs[-1] += f" {words}"
    return "\n".join(paragraphs)
