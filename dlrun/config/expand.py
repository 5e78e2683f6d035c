"""The lists of layers, written out: every `repeat` and every use of a block becomes the layers that it stands for.

Names inside a repeat get the number of the repetition: `h` becomes `h_1`, `h_2`, `h_3`, and `inputs` inside that name
`h` mean the one of the same repetition. Layers of a block get the name of its use before their own: `residual_conv`;
its last layer has the use's name. `above` and `input` become the names of what they stand for.
"""

from __future__ import annotations

from collections.abc import Callable

from dlrun.config.blocks import Block, arguments_of, read_blocks
from dlrun.config.items import BESIDE, given_names, stem_of, text_beside, with_name_beside
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, is_null
from dlrun.config.objects import Path
from dlrun.config.parsing import Parsing
from dlrun.config.repeats import repeat_parts
from dlrun.config.scopes import INPUT, Given, Scope, Target, Written
from dlrun.config.write_out import write_out
from dlrun.errors import Location

MAX_LAYERS = 2000
_MAX_USES = 20_000  # of blocks and repetitions: some hold no layers at all

# Fills the arguments of a block into one of its layers.
Fill = Callable[[Node, Path, "dict[str, Node]"], Node]


def expand_layers(root: MappingNode, parsing: Parsing, fill: Fill) -> MappingNode:
    """Return the tree with every repeat and block written out; `parsing` learns where each layer was written.

    A malformed repeat or block is noted in `parsing`.
    """
    blocks = read_blocks(root, parsing)
    parsing.blocks = tuple(blocks)
    if "blocks" in parsing.broken:
        parsing.bad_paths.append(("layers",))  # what would be said of them might only follow from the blocks
        return root.without("blocks", "layers")
    layers, rest = root.get("layers"), root.without("blocks")
    if not isinstance(layers, ListNode):
        return rest
    expander = _Expander(blocks, parsing, fill)
    entry = root.entries["layers"]
    inputs = root.get("inputs")
    names = set(inputs.entries) if isinstance(inputs, MappingNode) else set()
    scope = Scope(taken=given_names(layers) | names)
    try:
        written = expander.whole_list(layers, ("layers",), scope)
    except _TooManyError:
        parsing.refuse(entry.location, ("layers",), f"more than {MAX_LAYERS} layers", "Repeat less often.")
        return rest
    expanded = write_out(written, layers, ("layers",), parsing.layer_paths, names)
    parsing.layer_uses.update({("layers", n): layer.used for n, layer in enumerate(written) if layer.used})
    rest = rest.with_entry(Entry("layers", entry.key_location, expanded))
    return _with_outputs(rest, scope)


def _with_outputs(root: MappingNode, scope: Scope) -> MappingNode:
    """Return the tree with `outputs` that name layers inside blocks by their names in the written-out list."""
    entry = root.entries.get("outputs")
    if entry is None or not isinstance(entry.value, MappingNode):
        return root
    outputs = entry.value
    for key, output in outputs.entries.items():
        value = output.value
        if isinstance(value, ScalarNode) and value.is_written:
            found = scope.resolve(value.text, []) or []
            if len(found) == 1 and found[0].layer is not None:
                text = f"{found[0].layer.name}{found[0].text}"
                node = ScalarNode(text, text, value.location, quoted=True)
                outputs = outputs.with_entry(Entry(key, output.key_location, node))
    return root.with_entry(Entry("outputs", entry.key_location, outputs))


class _TooManyError(Exception):
    """The layers multiply without bound."""


class _Expander:
    def __init__(self, blocks: dict[str, Block], parsing: Parsing, fill: Fill) -> None:
        self.blocks = blocks
        self.parsing = parsing
        self.fill = fill
        self.layers = 0
        self.uses = 0
        self.active: list[str] = []
        self.used: list[Location] = []  # where the blocks that are being written out stand

    def whole_list(self, layers: ListNode, path: Path, scope: Scope) -> list[Written]:
        """Return a list of layers written out that stands by itself: the network's, or a nested model's."""
        written: list[Written] = []
        above = [Target(None, INPUT)]
        for n, item in enumerate(layers.items):
            above = self._item(item, (*path, n), scope, above, written)
        return written

    def _item(self, item: Node, path: Path, scope: Scope, above: list[Target], written: list[Written]) -> list[Target]:
        """Write one item out, and return what it gives to the next one."""
        if isinstance(item, MappingNode) and "repeat" in item.entries:
            return self._repeat(item, path, scope, above, written)
        use = self._use(item)
        if use is not None:
            return self._block(item, use, path, scope, above, written)
        return self._layer(item, path, scope, above, written)

    # A layer

    def _layer(self, item: Node, path: Path, scope: Scope, above: list[Target], written: list[Written]) -> list[Target]:
        self._count_layer()
        item = with_name_beside(item)
        layer = Written(item, path, used=self.used[0] if self.used else None)
        name = text_beside(item, "name")
        if name is None and scope.home.prefix:  # a block's layers are all named, by its use
            name = scope.home.automatic(stem_of(item))
            layer.name = scope.home.full(name)
        elif name is not None:
            layer.name = scope.full(name)
        layer.inputs = self._inputs(item, path, scope, above)
        if layer.inputs is None and not _is_above(above, written):
            layer.inputs = {"": [Given(ScalarNode(None, "", item.location), above)]}
        layer.shared = _shared(item, scope, above)
        layer.node = self._nested(item, (), path, layer.lists)
        written.append(layer)
        gives = [Target(layer, "")]
        if name is not None:
            scope.define(name, gives)
        return gives

    def _inputs(self, item: Node, path: Path, scope: Scope, above: list[Target]) -> dict[str, list[Given]] | None:
        node = item.get("inputs") if isinstance(item, MappingNode) else None
        if node is None or is_null(node):
            if not above:  # the first layer of a block with several inputs
                what = f"the block takes {' and '.join(scope.home.inputs)}, and nothing says which goes into this layer"
                self.parsing.refuse(item.location, path, what, f"Write `inputs: {next(iter(scope.home.inputs))}`.")
            return None
        if isinstance(node, MappingNode):
            return {key: _given(e.value, scope, above) for key, e in node.entries.items()}
        return {"": _given(node, scope, above)}

    def _nested(self, node: Node, below: Path, source: Path, lists: dict[Path, list[Written]]) -> Node:
        """Write out the layers of nested models anywhere inside a layer."""
        if isinstance(node, ListNode):
            items = (self._nested(item, (*below, n), source, lists) for n, item in enumerate(node.items))
            return ListNode(tuple(items), node.location)
        if not isinstance(node, MappingNode):
            return node
        kind = node.get("type")
        typed = isinstance(kind, ScalarNode) and kind.value == "Model"
        for key, entry in node.entries.items():
            inside = (*below, key)
            if key == "layers" and isinstance(entry.value, ListNode) and (typed or below[-1:] == ("Model",)):
                lists[inside] = self.whole_list(entry.value, (*source, *inside), Scope(taken=given_names(entry.value)))
            elif isinstance(entry.value, MappingNode | ListNode):
                node = node.with_entry(Entry(key, entry.key_location, self._nested(entry.value, inside, source, lists)))
        return node

    # A block

    def _use(self, item: Node) -> Entry | None:
        """Return the entry that names a block, if the item is a use of one."""
        if isinstance(item, ScalarNode) and item.value in self.blocks:
            return Entry(item.text, item.location, ScalarNode(None, "", item.location))
        if not isinstance(item, MappingNode):
            return None
        kind = item.get("type")
        if isinstance(kind, ScalarNode) and kind.value in self.blocks:
            return Entry(kind.text, kind.location, item.without("type", *BESIDE))
        return next((entry for key, entry in item.entries.items() if key in self.blocks), None)

    def _block(
        self, item: Node, use: Entry, path: Path, scope: Scope, above: list[Target], written: list[Written]
    ) -> list[Target]:
        block = self.blocks[use.key]
        if block.name in self.active:
            chain = " -> ".join([*self.active[self.active.index(block.name) :], block.name])
            self.parsing.refuse(use.key_location, path, f"the block uses itself: {chain}")
            return above
        if isinstance(item, MappingNode):
            _refuse_others(item, use.key, path, self.parsing)
        arguments = arguments_of(block, use, path, self.parsing)
        inputs = self._block_inputs(block, item, path, scope, above)
        if arguments is None or inputs is None:
            return above
        self._count_use()
        given = text_beside(item, "name")
        name = given if given is not None else scope.home.automatic(block.name)
        full = scope.full(name) if given is not None else scope.home.full(name)
        inner = Scope(taken=given_names(block.layers), prefix=f"{full}_", inputs=inputs)
        start = len(written)
        gives = next(iter(inputs.values())) if len(inputs) == 1 else []
        self.active.append(block.name)
        self.used.append(use.key_location)
        for n, layer in enumerate(block.layers.items):
            place = (*block.path, n)
            gives = self._item(self.fill(layer, place, arguments), place, inner, gives, written)
        self.active.pop()
        self.used.pop()
        if len(gives) == 1 and gives[0].layer in written[start:] and gives[0].layer is not None:
            gives[0].layer.name = full
        (scope if given is not None else scope.home).define(name, gives, inner)
        return gives

    def _block_inputs(
        self, block: Block, item: Node, path: Path, scope: Scope, above: list[Target]
    ) -> dict[str, list[Target]] | None:
        """Return what the block's own inputs stand for in this use."""
        node = item.get("inputs") if isinstance(item, MappingNode) else None
        names = block.inputs
        if node is None or is_null(node):
            if len(names) == 1:
                return {names[0]: above}
            what, place = f"block '{block.name}' takes {' and '.join(names)}", item.location
            self.parsing.refuse(place, path, what, f"Write `inputs: [{', '.join(names)}]` beside it.")
            return None
        if isinstance(node, MappingNode):
            given = {key: _outer(e.value, scope, above) for key, e in node.entries.items()}
        else:
            found = [_outer(i, scope, above) for i in (node.items if isinstance(node, ListNode) else (node,))]
            one = len(names) == 1 and len(found) > 1
            given = {names[0]: [t for ts in found for t in ts]} if one else dict(zip(names, found, strict=False))
            given |= {f"the {n + 1}th": f for n, f in enumerate(found) if n >= len(names) and not one}
        if set(given) != set(names):
            what = f"block '{block.name}' takes {' and '.join(names)}, got {len(given)}"
            self.parsing.refuse(node.location, (*path, "inputs"), what, "Name each of them.")
            return None
        return given

    # A repeat

    def _repeat(
        self, item: MappingNode, path: Path, scope: Scope, above: list[Target], written: list[Written]
    ) -> list[Target]:
        parts = repeat_parts(item, path, self.parsing)
        if parts is None:
            return above
        times, layers = parts
        for number in range(1, times + 1):
            self._count_use()
            inner = Scope(parent=scope, number=number, inputs={INPUT: above})
            for index, layer in enumerate(layers):
                above = self._item(layer, (*path, "repeat", "layers", index), inner, above, written)
        return above

    def _count_layer(self) -> None:
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise _TooManyError

    def _count_use(self) -> None:
        self.uses += 1
        if self.uses > _MAX_USES:
            raise _TooManyError


def _given(node: Node, scope: Scope, above: list[Target]) -> list[Given]:
    items = node.items if isinstance(node, ListNode) else (node,)
    return [Given(item, _resolved(item, scope, above)) for item in items]


def _outer(node: Node, scope: Scope, above: list[Target]) -> list[Target]:
    """Return what a name given to a block stands for; one that is not known here may be the network's input."""
    return _resolved(node, scope, above) or [Target(None, node.text if isinstance(node, ScalarNode) else "")]


def _resolved(node: Node, scope: Scope, above: list[Target]) -> list[Target] | None:
    return scope.resolve(node.text, above) if isinstance(node, ScalarNode) and isinstance(node.value, str) else None


def _is_above(targets: list[Target], written: list[Written]) -> bool:
    """Tell whether these are what a layer takes anyway: what the layer above gives, or the network's input."""
    last = written[-1] if written else None
    return len(targets) == 1 and targets[0].layer is last and targets[0].text in ("", INPUT)


def _shared(item: Node, scope: Scope, above: list[Target]) -> Target | None:
    """Return the layer that `shared: encoder` calls again, where it is known in the list."""
    named = item.get("shared") if isinstance(item, MappingNode) else None
    if not isinstance(named, ScalarNode) or not named.is_written:
        return None
    found = scope.resolve(named.text, above) or []
    return found[0] if len(found) == 1 and found[0].layer is not None else None


def _refuse_others(item: MappingNode, key: str, path: Path, parsing: Parsing) -> None:
    for other in item.without("type", key, *BESIDE).entries.values() if "type" not in item.entries else ():
        fix = f"Indent it further than {key}, or write {key}: {{{other.key}: ...}}."
        parsing.refuse(other.key_location, (*path, other.key), f"'{other.key}' stands beside {key}, not under it", fix)
