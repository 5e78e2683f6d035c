"""YAML text to nodes, over PyYAML's events: nothing is constructed, nothing recurses, every value keeps its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode
from dlrun.config.parsing import MAX_PROBLEMS
from dlrun.config.scalars import resolve_scalar
from dlrun.errors import ConfigError, Location, Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

_MENDS = {
    "cannot start any token": "Put the text in quotes, and indent with spaces, not tabs.",
    "mapping values are not allowed": "Check the indentation, and put text that holds ': ' in quotes.",
    "could not find expected ':'": "Is a ':' missing after a key, or a quote or bracket not closed?",
    "did not find expected ',' or '}'": "Close the '{' or put a comma between its entries.",
    "did not find expected ',' or ']'": "Close the '[' or put a comma between its items.",
    "expected ',' or '}'": "Close the '{' or put a comma between its entries.",
    "expected ',' or ']'": "Close the '[' or put a comma between its items.",
    "did not find expected '-' indicator": "Check the indentation: the items of a list begin in the same column.",
    "did not find expected key": "Check the indentation: the keys of a mapping begin in the same column.",
    "expected <block end>": "Check the indentation: keys, or items, that belong together begin in the same column.",
    "did not find expected node content": "A value is missing here.",
    "tab character": "Indent with spaces, not tabs.",
    "incompatible YAML document": "Remove the line that begins with %YAML.",
    "unexpected end of stream": "A quote is not closed.",
    "unknown escape character": "Double the backslash, or use single quotes.",
}


def decode(data: bytes, file: str) -> str:
    """Return the text of a config file.

    Raises:
        ConfigError: If it is too large, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(
            Problem("a config of more than 1 MiB", "Data belongs in files of its own.", "", Location(file))
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        raise ConfigError(Problem("the file is not UTF-8", "Save it as UTF-8.", "", _place_in(before, file))) from None


def read_yaml(text: str, locate: Callable[[int, int], Location]) -> Node:
    """Return the tree that `text` describes.

    Args:
        text: One YAML document.
        locate: Line and column, both from 1, to a Location.

    Raises:
        ConfigError: If it is no YAML, or uses what dlrun refuses (tags, anchors, duplicate keys, ...).
    """
    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        place = _place_in(text[: unreadable.start()], "")
        shown = f"U+{ord(unreadable[0]):04X}"
        fix = "Remove it." if unreadable[0] != "\x00" else "Is this a text file?"
        raise ConfigError(
            Problem(f"the character {shown} cannot stand in a config", fix, "", locate(place.line, place.column))
        )
    builder = _TreeBuilder(locate)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax_problem(error, text, locate))
    except yaml.YAMLError as error:
        builder.problems.append(Problem(f"no YAML: {error}", "", "", locate(1, 1)))
    return builder.result()


def _place_in(before: str, file: str) -> Location:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", before)
    return Location(file, len(lines), len(lines[-1]) + 1)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, locate: Callable[[int, int], Location]) -> Problem:
    said = str(error.problem or error.context or "no YAML")
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    if opened is not None and "unexpected end of stream" in said:
        mark = opened  # where the quote begins tells more than where the file ends
    elif opened is not None and ("or ']'" in said or "or '}'" in said):
        said += f" (the bracket opens in line {opened.line + 1})"
    place = locate(mark.line + 1, mark.column + 1) if mark else locate(1, 1)
    mend = next((mend for part, mend in _MENDS.items() if part in said), "")
    if mark and "${" in "".join(text.splitlines()[mark.line : mark.line + 1])[: mark.column + 1]:
        mend = 'Inside { } and [ ] a reference stands in quotes: "${vars.name}".'
    return Problem(f"no YAML: {said}", mend, "", place)


class _Frame:
    """A list or mapping that is still open."""

    def __init__(self, location: Location, is_mapping: bool) -> None:
        self.location = location
        self.is_mapping = is_mapping
        self.items: list[Node] = []
        self.entries: dict[str, Entry] = {}
        self.key: ScalarNode | None = None

    def close(self) -> Node:
        if self.is_mapping:
            return MappingNode(self.entries, self.location)
        return ListNode(tuple(self.items), self.location)


class _TreeBuilder:
    """Takes events one after the other; an explicit stack stands in for recursion, so depth costs nothing."""

    def __init__(self, locate: Callable[[int, int], Location]) -> None:
        self.locate = locate
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.root: Node | None = None
        self.documents = 0

    def take(self, event: Any) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            raise ConfigError(*self.problems)
        location = self.locate(event.start_mark.line + 1, event.start_mark.column + 1)
        self._refuse(event, location)
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event, location))
        elif isinstance(event, yaml.AliasEvent):
            self._add(ScalarNode(None, "", location))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(location, isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._add(self.stack.pop().close())

    def result(self) -> Node:
        if self.problems:
            raise ConfigError(*self.problems)
        if self.root is None:
            raise ConfigError(
                Problem("the file is empty", "A config begins with data, layers, compile, fit.", "", self.locate(1, 1))
            )
        return self.root

    def _open(self, location: Location, is_mapping: bool) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise ConfigError(*self.problems, Problem(f"more than {MAX_DEPTH} levels of nesting", "", "", location))
        top = self.stack[-1] if self.stack else None
        if top is not None and top.is_mapping and top.key is None:
            raise ConfigError(
                *self.problems,
                Problem("a key must be a single value, not a list or mapping", "Put text in quotes.", "", location),
            )
        self.stack.append(_Frame(location, is_mapping))

    def _refuse(self, event: Any, location: Location) -> None:
        refused = ""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents == 2:
                refused, mend = "a second document", "Keep one config in a file; remove the '---'."
        elif isinstance(event, yaml.AliasEvent):
            refused, mend = f"alias '*{event.anchor}'", "Use vars and ${vars.name}, or put text in quotes."
        elif getattr(event, "anchor", None):
            refused, mend = f"anchor '&{event.anchor}'", "Use vars and ${vars.name}, or put text in quotes."
        elif getattr(event, "tag", None):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            refused, mend = f"tag '{tag}'", "Write the value without it; quotes make text of anything."
        if refused:
            self.problems.append(Problem(f"{refused} is not allowed", mend, "", location))

    def _scalar(self, event: yaml.ScalarEvent, location: Location) -> ScalarNode:
        text = event.value
        if _NOT_TEXT.search(text):
            self.problems.append(
                Problem("a value holds a character that is no text", "Remove the escape.", "", location)
            )
        if event.style:
            return ScalarNode(text, text, location, quoted=True)
        try:
            return ScalarNode(resolve_scalar(text), text, location)
        except ValueError as error:
            shown = text if len(text) < 30 else f"{text[:27]}..."
            self.problems.append(
                Problem(f"{shown} {error}", "Write a finite number, or quotes for text.", "", location)
            )
            return ScalarNode(None, text, location)

    def _add(self, node: Node) -> None:
        if not self.stack:
            self.root = node if self.root is None else self.root
            return
        top = self.stack[-1]
        if not top.is_mapping:
            top.items.append(node)
        elif top.key is None:
            assert isinstance(node, ScalarNode)
            top.key = node
        else:
            self._add_entry(top, top.key, node)
            top.key = None

    def _add_entry(self, frame: _Frame, key: ScalarNode, value: Node) -> None:
        text, location = key.text, key.location
        if text == "<<" and not key.quoted:
            self.problems.append(Problem("merge key '<<' is not allowed", "Use extends, or vars.", "", location))
        elif text in frame.entries:
            first = frame.entries[text].key_location
            at = f" (first in line {first.line})" if first.line else ""
            self.problems.append(Problem(f"duplicate key '{text}'{at}", "Keep one of the two.", "", location))
        elif not key.is_written:
            self.problems.append(Problem("a key is missing before ':'", "", "", location))
        else:
            frame.entries[text] = Entry(text, location, value)
