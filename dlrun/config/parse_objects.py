"""Objects in a config: `Name`, `{Name: first_argument}`, `{Name: {argument: value}}`, `{type: Name, ...}`."""

from __future__ import annotations

from typing import Any

from dlrun.config.arguments import parse_argument
from dlrun.config.graph_layers import (
    MODEL,
    check_weights,
    is_application,
    own_names,
    read_model_inputs,
    read_model_outputs,
)
from dlrun.config.names import (
    KIND_WORDS,
    STEP_REGISTRIES,
    STEPS,
    Known,
    example,
    look_up,
    look_up_own,
    own_spellings,
    spellings,
)
from dlrun.config.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, describe, is_null, plain
from dlrun.config.objects import ObjectSpec, Path
from dlrun.config.parsing import Parsing
from dlrun.config.written import Written
from dlrun.errors import Location, did_you_mean
from dlrun.keras_catalog import Parameter, kinds_of

_BESIDE = ("name", "inputs")
POSITIONAL = ""  # the argument's name for `{MyLayer: 3}` where MyLayer is in the user's code and not known here


class ObjectParser:
    """Turns nodes into ObjectSpecs, and notes everything that is wrong with them."""

    def __init__(self, parsing: Parsing) -> None:
        self.parsing = parsing
        self.lists: set[Path] = {("layers",)}  # where layers stand that have names and inputs

    def parse_all(self, node: Node, path: Path, *kinds: str) -> tuple[ObjectSpec, ...]:
        """Return one object, or a list of them, as a tuple."""
        if is_null(node):
            return ()
        if isinstance(node, ListNode):
            return tuple(self.parse(item, (*path, n), kinds) for n, item in enumerate(node.items))
        return (self.parse(node, path, kinds),)

    def parse(self, node: Node, path: Path, kinds: tuple[str, ...]) -> ObjectSpec:
        """Return the object at `path`, which is of one of `kinds`; a faulty one is noted and returned as it is."""
        written = self._take_apart(node, path, kinds)
        if written is None:
            return ObjectSpec("", path=path)
        known = self._look_up(written.name, kinds)
        if known is None:
            self._unknown(written.name, written.name_location, path, kinds)
            return self._users(written, path)
        if known.refused and not self.parsing.trust:
            self.parsing.refuse(written.name_location, path, f"{known.name} cannot stand in a config", known.refused)
            return ObjectSpec(known.name, path=path)
        arguments = self._arguments(written, known)
        bare = isinstance(node, ScalarNode) and known.kind in {"losses", "metrics"}
        if bare:  # Keras names a metric's column after the spelling, and chooses `accuracy` by the loss
            known = Known(known.kind, written.name, known.parameters)
        return self._spec(written, known, arguments, path)

    def check_name(self, node: ScalarNode, path: Path, kinds: tuple[str, ...]) -> None:
        """Note a problem where a text such as `activation: reluu` names nothing of these kinds."""
        named = tuple(kind for kind in kinds if kind != "layers") or kinds  # as text Keras takes functions' names only
        if self._look_up(node.text, named) is None:
            self._unknown(node.text, node.location, path, named)

    # Taking apart

    def _take_apart(self, node: Node, path: Path, kinds: tuple[str, ...]) -> Written | None:
        word = KIND_WORDS[kinds[0]]
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            nothing = ScalarNode(None, "", node.location)
            return Written(node.value, node.location, nothing, (*path, node.value), {})
        if not isinstance(node, MappingNode):
            what = f"expected a {word}, got {describe(node)}"
            self.parsing.refuse(node.location, path, what, f"Write {example(kinds[0])}.")
            return None
        beside = {key: node.entries[key] for key in _BESIDE if key in node.entries and kinds[0] == "layers"}
        named = node.without(*beside)
        if "type" in named.entries:
            return self._take_typed(named, path, beside)
        return self._take_keyed(named, path, beside, kinds)

    def _take_typed(self, node: MappingNode, path: Path, beside: dict[str, Entry]) -> Written | None:
        entry = node.entries["type"]
        if not (isinstance(entry.value, ScalarNode) and isinstance(entry.value.value, str)):
            self.parsing.refuse(entry.location, (*path, "type"), f"expected a name, got {describe(entry.value)}")
            return None
        return Written(entry.value.text, entry.location, node.without("type"), path, beside)

    def _take_keyed(
        self, node: MappingNode, path: Path, beside: dict[str, Entry], kinds: tuple[str, ...]
    ) -> Written | None:
        word = KIND_WORDS[kinds[0]]
        entries = list(node.entries.values())
        if not entries:
            self.parsing.refuse(node.location, path, f"the {word}'s name is missing", f"Write {example(kinds[0])}.")
            return None
        first, *others = entries
        for other in others:
            if look_up(other.key, kinds) is not None:
                what, fix = f"a second {word} '{other.key}' in one item", "Begin each with its own '-'."
            else:
                what = f"'{other.key}' stands beside {first.key}, not under it"
                fix = f"Indent it further than {first.key}, or write {first.key}: {{{other.key}: ...}}."
            self.parsing.refuse(other.key_location, (*path, other.key), what, fix)
        return None if others else Written(first.key, first.key_location, first.value, (*path, first.key), beside)

    # Names

    def _look_up(self, name: str, kinds: tuple[str, ...]) -> Known | None:
        return look_up(name, kinds) or look_up_own(self.parsing.own, name, kinds)

    def _unknown(self, name: str, location: Location, path: Path, kinds: tuple[str, ...]) -> None:
        if self.parsing.user_code:
            return
        if self.parsing.full:
            self.parsing.refuse(location, path, "")
            return
        options = [o for kind in kinds for o in (*own_spellings(self.parsing.own, kind), *spellings(kind))]
        if kinds[0] == "layers":
            options += [*own_names(name), *self.parsing.blocks]
        options.sort(key=lambda option: option[:1].isupper() == name[:1].isupper())  # of two alike the last is offered
        fix = did_you_mean(name, options)
        if not fix and name[:1].isupper():
            fix = "A class of your own stands in a file that is named under code."
        self.parsing.refuse(location, path, f"unknown {KIND_WORDS[kinds[0]]} '{name}'", fix)

    # Arguments

    def _arguments(self, written: Written, known: Known) -> dict[str, Any]:
        parameters = self._parameters(known)
        node = written.arguments
        if is_null(node):
            self._check_required(written, known, parameters, ())
            return {}
        if isinstance(node, MappingNode) and not self._is_first_argument(node, parameters):
            return self._named_arguments(node, written, known, parameters)
        if not parameters:
            what = f"{known.name} takes no arguments, got {describe(node)}"
            self.parsing.refuse(node.location, written.arguments_path, what, "Write the name alone.")
            return {}
        self._check_required(written, known, parameters, (parameters[0].name,))
        return {parameters[0].name: self._argument(node, written.arguments_path, known, parameters[0])}

    def _is_first_argument(self, node: MappingNode, parameters: tuple[Parameter, ...]) -> bool:
        """Tell `{Bidirectional: {LSTM: 32}}`, an object as the first argument, from arguments by name."""
        keys = list(node.entries)
        kinds = kinds_of(parameters[0].name) if parameters else ()
        if len(keys) != 1 or not kinds or keys[0] in {p.name for p in parameters}:
            return False
        return keys[0][:1].isupper() or look_up(keys[0], kinds) is not None

    def _named_arguments(
        self, node: MappingNode, written: Written, known: Known, parameters: tuple[Parameter, ...]
    ) -> dict[str, Any]:
        by_name = {parameter.name: parameter for parameter in parameters}
        arguments: dict[str, Any] = {}
        for key, entry in node.entries.items():
            path = (*written.arguments_path, key)
            if key in by_name:
                arguments[key] = self._argument(entry.value, path, known, by_name[key])
            elif key == "inputs" and known.kind == "layers":
                fix = f"Write it beside {known.name}: {{{known.name}: ..., inputs: ...}}."
                self.parsing.refuse(entry.key_location, path, "inputs stands among the arguments", fix)
            else:
                fix = did_you_mean(key, by_name) or _list_of(by_name)
                self.parsing.refuse(entry.key_location, path, f"{known.name} has no argument '{key}'", fix)
        self._check_required(written, known, parameters, tuple(arguments))
        return arguments

    def _argument(self, node: Node, path: Path, known: Known, parameter: Parameter) -> Any:
        if known.kind == "layers" and known.name == MODEL and parameter.name in {"layers", "inputs", "outputs"}:
            return self._model(node, path, parameter.name)
        if known.kind == "layers" and parameter.name == "weights" and is_application(known.name):
            return check_weights(node, path, known.name, self.parsing)
        if known.kind in STEP_REGISTRIES and (known.own or known.name in STEP_REGISTRIES[known.kind]):
            return plain(node)
        kind = "layers" if known.kind == STEPS else known.kind
        return parse_argument(self, node, path, parameter.name, kind, parameter)

    def _model(self, node: Node, path: Path, argument: str) -> Any:
        """Return an argument of a nested model."""
        if argument == "inputs":
            return read_model_inputs(node, path, self.parsing)
        if argument == "outputs":
            return read_model_outputs(node, path, self.parsing)
        if not isinstance(node, ListNode) or not node.items:
            what = f"expected a list of layers, got {describe(node) if not isinstance(node, ListNode) else 'none'}"
            self.parsing.refuse(node.location, path, what, "Write Model: {layers: [{Dense: 8}]}.")
            return []
        self.lists.add(path)
        return list(self.parse_all(node, path, "layers"))

    def _parameters(self, known: Known) -> tuple[Parameter, ...]:
        registry = STEP_REGISTRIES.get(known.kind)
        if registry is not None and known.name in registry:
            return tuple(Parameter(name, required=False) for name in registry.arguments(known.name))
        return known.parameters

    def _check_required(
        self, written: Written, known: Known, parameters: tuple[Parameter, ...], given: tuple[str, ...]
    ) -> None:
        missing = [p.name for p in parameters if p.required and p.name not in given]
        if missing:
            what = f"{known.name} needs {' and '.join(missing)}"
            shown = ", ".join(f"{name}: ..." for name in [*given, *missing])
            fix = f"Write {known.name}: {{{shown}}}."
            self.parsing.refuse(written.name_location, written.arguments_path, what, fix)

    # Results

    def _spec(self, written: Written, known: Known, arguments: dict[str, Any], path: Path) -> ObjectSpec:
        name = self._beside_name(written, path)
        if path[:-1] not in self.lists:  # a name is an argument everywhere but in a list of layers
            named = {**arguments, "name": name} if name is not None else arguments
            return ObjectSpec(known.name, named, path, written.arguments_path)
        if isinstance(arguments.get("name"), str):  # Keras's own argument means the same
            inner = arguments.pop("name")
            if name is not None:
                location = written.beside["name"].location
                self.parsing.refuse(location, (*path, "name"), f"two names: '{name}' and '{inner}'", "Keep one.")
            name = inner
        inputs, call = self._inputs(written, path)
        return ObjectSpec(known.name, arguments, path, written.arguments_path, name, inputs, call)

    def _beside_name(self, written: Written, path: Path) -> str | None:
        entry = written.beside.get("name")
        if entry is None or is_null(entry.value):
            return None
        if isinstance(entry.value, ScalarNode):
            return entry.value.text
        self.parsing.refuse(entry.location, (*path, "name"), f"expected a name, got {describe(entry.value)}")
        return None

    def _inputs(self, written: Written, path: Path) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
        """Return the names under `inputs`, and what each argument of the call is where it is a mapping."""
        entry = written.beside.get("inputs")
        if entry is None or is_null(entry.value):
            return None, {}
        place = (*path, "inputs")
        if isinstance(entry.value, MappingNode):
            call = {key: self._call_value(e, (*place, key)) for key, e in entry.value.entries.items()}
            names = tuple(
                name
                for value in call.values()
                for name in (value if isinstance(value, tuple) else (value,))
                if isinstance(name, str)
            )
            if not names:
                what = "no input and no layer is named"
                self.parsing.refuse(entry.location, place, what, "Write inputs: {query: a, value: b}.")
            return names, call
        return self._names(entry.value, entry.location, place), {}

    def _call_value(self, entry: Entry, path: Path) -> Any:
        node = entry.value
        if isinstance(node, ScalarNode) and not isinstance(node.value, str):
            return node.value
        names = self._names(node, entry.location, path)
        return names if isinstance(node, ListNode) else "".join(names)

    def _names(self, node: Node, location: Location, path: Path) -> tuple[str, ...]:
        items = node.items if isinstance(node, ListNode) else (node,)
        names = [item.text for item in items if isinstance(item, ScalarNode) and item.is_written]
        if len(names) < len(items) or not items:
            what = f"expected the name of an input or layer, or a list of them, got {describe(node)}"
            self.parsing.refuse(location, path, what)
        return tuple(names)

    def _users(self, written: Written, path: Path) -> ObjectSpec:
        """Return an object of a class that is not known here; one of the user's own says more when its code runs."""
        known = Known("", written.name, ())
        node = written.arguments
        if is_null(node):
            return self._spec(written, known, {}, path)
        if isinstance(node, MappingNode):
            arguments = {
                key: parse_argument(self, e.value, (*written.arguments_path, key), key, "", None)
                for key, e in node.entries.items()
            }
        else:
            arguments = {POSITIONAL: parse_argument(self, node, written.arguments_path, POSITIONAL, "", None)}
        return self._spec(written, known, arguments, path)


def _list_of(names: dict[str, Parameter]) -> str:
    return f"There are: {', '.join(names)}." if names else "It has none."
