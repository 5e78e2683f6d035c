"""`${vars.name}` and `${env:NAME:-default}` inside values, and `${argument}` inside blocks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.config.reader import MAX_DEPTH
from dlrun.config.scalars import resolve_scalar
from dlrun.errors import ConfigError, Location, Problem, did_you_mean

MAX_NODES = 100_000  # references to references can grow without bound in a small file
MAX_TEXT = 100_000

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_VARIABLE = re.compile(r"vars\.(.+)", re.DOTALL)


def resolve_references(root: MappingNode, parsing: Parsing, environment: Mapping[str, str] = os.environ) -> MappingNode:
    """Return the tree with every reference replaced by what it stands for; `$${` stands for `${` itself.

    What is undefined, or refers to itself, is noted in `parsing` at its place. The layers of blocks stay as they are.
    """
    resolved = _Resolver(root, parsing, environment).whole(root, ())
    assert isinstance(resolved, MappingNode)
    return resolved


def block_filler(
    root: MappingNode, parsing: Parsing, environment: Mapping[str, str] = os.environ
) -> Callable[[Node, Path, Mapping[str, Node]], Node]:
    """Return a function that takes a layer of a block, where it stands, and the block's arguments by name.

    It returns the layer with every reference replaced, `${argument}` too; a scalar that is nothing but one reference
    keeps the type of the argument's value.
    """
    resolver = _Resolver(root, parsing, environment)

    def fill(node: Node, path: Path, arguments: Mapping[str, Node]) -> Node:
        resolver.arguments = arguments
        return resolver.whole(node, path)

    return fill


class _TooLargeError(Exception):
    """The references multiply without bound."""


class _Resolver:
    def __init__(self, root: MappingNode, parsing: Parsing, environment: Mapping[str, str]) -> None:
        self.root = root
        self.variables = root.get("vars")
        self.environment = environment
        self.parsing = parsing
        self.active: list[str] = []
        self.nodes = 0
        self.arguments: Mapping[str, Node] | None = None  # of the block whose layers are filled in

    def whole(self, node: Node, path: Path) -> Node:
        """Return a node with every reference in it replaced."""
        try:
            return self.resolve(node, path)
        except _TooLargeError:
            variables = self.root.entries.get("vars")
            location = variables.location if variables is not None else self.root.location
            what = f"the references grow to more than {MAX_NODES} values"
            raise ConfigError(Problem(what, "Write fewer of them.", "vars", location)) from None

    def resolve(self, node: Node, path: Path) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES or len(path) > 2 * MAX_DEPTH:
            raise _TooLargeError
        if isinstance(node, ListNode):
            if self.arguments is None and _is_block(path):
                return node
            items = tuple(self.resolve(item, (*path, n)) for n, item in enumerate(node.items))
            return ListNode(items, node.location)
        if isinstance(node, MappingNode):
            entries = [self._entry(entry, path) for entry in node.entries.values()]
            return MappingNode({entry.key: entry for entry in entries}, node.location)
        return self._scalar(node, path)

    def _entry(self, entry: Entry, path: Path) -> Entry:
        if any(match[0] != "$${" for match in _REFERENCE.finditer(entry.key)):
            what, fix = "a reference cannot stand in a key", "Write the key itself, or $${ for the characters."
            self._failed(what, fix, (*path, entry.key), entry.key_location)
        key = entry.key.replace("$${", "${")
        return Entry(key, entry.key_location, self.resolve(entry.value, (*path, key)))

    def _scalar(self, node: ScalarNode, path: Path) -> Node:
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        whole = _REFERENCE.fullmatch(node.value)
        if whole is not None and whole[1] is not None:
            return self._look_up(whole[1], node.location, path)
        pieces: list[str] = []
        end = 0
        for match in _REFERENCE.finditer(node.value):
            pieces += [node.value[end : match.start()], self._piece(match, node, path)]
            end = match.end()
        text = "".join([*pieces, node.value[end:]])
        if len(text) > MAX_TEXT:
            raise _TooLargeError
        return ScalarNode(text, text, node.location, quoted=True)

    def _piece(self, match: re.Match[str], node: ScalarNode, path: Path) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] is None:
            self._failed(
                "'${' is not closed", "Write ${vars.name}, or $${ for the characters themselves.", path, node.location
            )
            return ""
        found = self._look_up(match[1], node.location, path)
        if isinstance(found, ScalarNode):
            return found.text
        self._failed(f"${{{match[1]}}} is no single value and cannot stand inside text", "", path, node.location)
        return ""

    def _look_up(self, inside: str, location: Location, path: Path) -> Node:
        if self.arguments is not None and inside in self.arguments:
            return self.arguments[inside]
        environment = _ENVIRONMENT.fullmatch(inside)
        if environment is not None:
            return self._environment(environment[1], environment[2], location, path)
        variable = _VARIABLE.fullmatch(inside)
        if variable is None:
            fix = did_you_mean(inside, self.arguments or ()) or "Write ${vars.name} or ${env:NAME:-default}."
            if self.arguments is not None and "did you" not in fix.lower():
                fix = f"Name it under the block's arguments: arguments: {{{inside}: }}."
            return self._failed(f"'${{{inside}}}' is no reference", fix, path, location)
        return self._variable(variable[1], location, path)

    def _environment(self, name: str, default: str | None, location: Location, path: Path) -> Node:
        text = self.environment.get(name, default)
        if text is None:
            fix = f"Set it, or give a default: ${{env:{name}:-value}}."
            return self._failed(f"the environment has no {name}", fix, path, location)
        try:
            return ScalarNode(resolve_scalar(text), text, location)
        except ValueError as error:
            return self._failed(f"{name} {error}", "", path, location)

    def _variable(self, name: str, location: Location, path: Path) -> Node:
        if name in self.active:
            chain = " -> ".join(f"vars.{n}" for n in [*self.active[self.active.index(name) :], name])
            return self._failed(f"the variable refers to itself: {chain}", "", path, location)
        found = self._find(name)
        if found is None:
            known = list(self.variables.entries) if isinstance(self.variables, MappingNode) else []
            fix = did_you_mean(name, known) or f"Define it under vars: {{{name}: ...}}."
            return self._failed(f"undefined variable '{name}'", fix, path, location)
        self.active.append(name)
        resolved = self.resolve(found, path)
        self.active.pop()
        return _placed(resolved, location)

    def _find(self, name: str) -> Node | None:
        """Return the variable called `name`; a dot reaches into a mapping, unless the name itself holds it."""
        node: Node | None = self.variables
        rest = name
        while rest:
            if not isinstance(node, MappingNode):
                return None
            key = rest if rest in node.entries else rest.partition(".")[0]
            node, rest = node.get(key), rest[len(key) + 1 :]
        return node

    def _failed(self, what: str, fix: str, path: Path, location: Location) -> ScalarNode:
        if not any(p.location == location and p.what == what for p in self.parsing.problems):
            self.parsing.refuse(location, path, what, fix)
        return ScalarNode(None, "", location)


def _is_block(path: Path) -> bool:
    """Tell whether the layers of a block stand here."""
    return path[:1] == ("blocks",) and (len(path) == 2 or path[2:] == ("layers",))


def _placed(node: Node, location: Location) -> Node:
    """Return the value of a variable as if it stood where it is used, so that an error points there."""
    if isinstance(node, ScalarNode):
        return ScalarNode(node.value, node.text, location, node.quoted)
    return type(node)(**{**vars(node), "location": location})
