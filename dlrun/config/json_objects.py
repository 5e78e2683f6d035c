"""Objects in the JSON Schema: each kind of Keras object, and dlrun's own steps, in all the forms of the language."""

from __future__ import annotations

from typing import Any, TypeAlias

from dlrun.catalog import keras_entry, keras_names
from dlrun.config.graph_layers import MODEL, SHARED, own_parameters
from dlrun.config.names import KIND_WORDS, STEPS, look_up
from dlrun.keras_catalog import KerasEntry, Parameter, keras_kinds
from dlrun.keras_functions import KerasFunction, applications, operations
from dlrun.own_names import OwnNames
from dlrun.registry import Registry

Json: TypeAlias = dict[str, Any]
BESIDE: Json = {
    "name": {"description": "the layer's name", "type": ["string", "number"]},
    "inputs": {"description": "the inputs and layers whose tensors it takes; default: the layer above"},
}
_TYPES: dict[str, Json] = {
    "int": {"type": "number", "multipleOf": 1},
    "int+": {"type": "integer", "minimum": 1},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "list": {"type": "array"},
    "map": {"type": "object"},
}


def reference_to(name: str) -> Json:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def any_of(*schemas: Json) -> Json:
    """Return a schema that any of these will do for, or a `${reference}`."""
    flat: list[Json] = []
    for schema in (*schemas, reference_to("reference")):
        inner = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
        flat += [s for s in inner if s not in flat]
    return {"anyOf": flat}


def layer_spellings(added: OwnNames) -> list[str]:
    """Return every name that may stand in a list of layers and is no block's."""
    spelled = [spelling for name in keras_names("layers") for spelling in _spellings("layers", name)]
    own = [entry.name for entry in added.entries if entry.kind == "layers"]
    return [*spelled, *own, "repeat", *own_layer_schemas()]


def _spellings(kind: str, name: str) -> list[str]:
    entry = keras_entry(kind, name)
    return [name, *entry.aliases] if entry is not None else []


def object_schemas(added: OwnNames) -> Json:
    """Return the definitions of every kind, and of every class's arguments: `layers`, `layers.Dense`, ...."""
    found: Json = {}
    for kind in keras_kinds():
        entries = [entry for name in keras_names(kind) if (entry := keras_entry(kind, name)) is not None]
        entries += [entry for entry in added.entries if entry.kind == kind]
        found[kind] = _kind(kind, {entry.name: entry for entry in entries})
        found |= {f"{kind}.{entry.name}": _arguments(entry) for entry in entries if entry.parameters}
    return found


def step_schema(kind: str, registry: Registry, added: OwnNames, keras: str = "") -> Json:
    """Return the definition of dlrun's own steps of a kind, and of the Keras layers that will do as such.

    Args:
        kind: "preprocessing", "resample" or "prepare".
        registry: Their names.
        added: The names of the user's own, and of installed packages.
        keras: A kind of Keras's whose objects may stand for one, too.
    """
    steps = {name: _step(registry, name, kind) for name in registry.built_in}
    for own in added.entries:
        if own.kind == kind:
            steps[own.name] = _arguments(own) if kind != "prepare" else {"description": own.doc().summary}
    if not keras:
        return _forms(steps, list(steps), {}, f"a {KIND_WORDS.get(kind, 'prepare step')}")
    layers = [n for n in keras_names(keras) if (known := look_up(n, (STEPS,))) and not known.refused]
    entries = [entry for name in layers if (entry := keras_entry(keras, name)) is not None]
    named = {entry.name: reference_to(f"{keras}.{entry.name}") for entry in entries}
    bare = [entry.name for entry in entries if not _required(entry)]
    return _forms({**steps, **named}, [*steps, *bare], {}, f"a {KIND_WORDS[kind]}")


def _kind(kind: str, entries: dict[str, KerasEntry]) -> Json:
    named: Json = {}
    bare: list[str] = []
    for entry in entries.values():
        schema = reference_to(f"{kind}.{entry.name}") if entry.parameters else {"type": ["null", "object"]}
        spellings = [entry.name, *entry.aliases]
        named |= {spelling: {"description": entry.doc().summary, **schema} for spelling in spellings}
        bare += spellings if not _required(entry) else []
    beside = BESIDE if kind == "layers" else {}
    if kind == "layers":
        bare += list(operations())
        named |= {"repeat": reference_to("repeat"), **own_layer_schemas()}
    word = KIND_WORDS[kind]
    return _forms(named, bare, beside, f"{'an' if word[0] in 'aio' else 'a'} {word}")


def own_layer_schemas() -> Json:
    """Return the schemas of what is no Keras layer and may stand among the layers."""
    layers: Json = {"type": "array", "minItems": 1, "items": reference_to("item")}
    model: Json = {
        "description": "a network inside the network",
        **any_of(
            {
                "type": "object",
                "properties": {
                    "layers": layers, "inputs": {}, "outputs": {}, "trainable": {"type": "boolean"}, "name": {},
                },
                "required": ["layers"],
                "additionalProperties": False,
            },
            layers,
        ),
    }  # fmt: skip
    shared = {"description": "calls a layer again, with the weights that it has", "type": ["string", "object"]}
    functions = {**applications(), **operations()}
    return {MODEL: model, SHARED: shared, **{name: _function(function) for name, function in functions.items()}}


def _function(function: KerasFunction) -> Json:
    """Return the schema of what stands under a function's name."""
    parameters = own_parameters(function.name) or ()
    properties: Json = {p.name: {} for p in parameters}
    mapping: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [p.name for p in parameters if p.required]
    if required:
        mapping["required"] = required
    alone: Json = {"type": ["string", "number", "boolean", "array", *([] if required else ["null"])]}
    return {"description": function.doc, **any_of(mapping, *([] if len(required) > 1 else [alone]))}


def _forms(named: Json, bare: list[str], beside: Json, description: str) -> Json:
    """Return the schema of `Name`, `{Name: ...}` and `{type: Name, ...}`."""
    keyed = {
        "type": "object",
        "properties": {**named, **beside},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1 + len(beside),
        "not": {"required": ["type"]},
    }
    typed = {"type": "object", "properties": {"type": {"enum": list(named)}}, "required": ["type"]}
    return {"description": description, **any_of({"enum": bare}, keyed, typed)}


def _required(entry: KerasEntry) -> list[str]:
    return [parameter.name for parameter in entry.parameters if parameter.required]


def _arguments(entry: KerasEntry) -> Json:
    """Return the schema of what stands under a class's name: its arguments by name, or the first one alone."""
    texts = entry.doc().arguments
    properties = {p.name: _argument(p, texts.get(p.name, "")) for p in entry.parameters}
    required = _required(entry)
    mapping: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        mapping["required"] = required
    forms = [mapping]
    if len(required) <= 1 and (not required or required[0] == entry.parameters[0].name):
        first = _value(entry.parameters[0])
        forms += [first] if first else [{"type": ["string", "number", "boolean", "array"]}]
    if not required:
        forms.append({"type": "null"})
    return {"description": entry.doc().summary, **any_of(*forms)}


def _argument(parameter: Parameter, text: str) -> Json:
    told: Json = {"description": text.partition("\n")[0]} if text else {}
    if parameter.default is not None:
        told["default"] = parameter.default
    value = _value(parameter)
    return {**told, **any_of(value, {"type": "null"})} if value else told


def _value(parameter: Parameter) -> Json:
    """Return the schema of an argument's value; empty where nothing is known of it."""
    schemas = [schema for t in parameter.types for schema in _of_type(t)]
    if parameter.choices:
        schemas.insert(0, {"enum": parameter.choices})
        others = {case(choice) for choice in parameter.choices for case in (str.upper, str.lower)}
        if others - set(parameter.choices):  # Keras takes some of them in capitals
            schemas.append({"enum": sorted(others - set(parameter.choices))})
    return any_of(*schemas) if schemas else {}


def _of_type(name: str) -> list[Json]:
    if name.startswith('"'):
        return []
    if name in ("float", "fraction"):
        limits = {"minimum": 0, "maximum": 1} if name == "fraction" else {}
        return [{"type": "number", **limits}, reference_to("fraction")]
    if name == "int":
        return [_TYPES[name], reference_to("fraction")]
    return [_TYPES.get(name) or reference_to(name)]


def _step(registry: Registry, name: str, kind: str) -> Json:
    summary = registry.doc(name)[1].partition("\n\n")[0].replace("\n", " ")
    if kind != STEPS:
        return {"description": summary}
    properties: Json = {argument: {} for argument in registry.arguments(name)}
    mapping: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"description": summary, **any_of(mapping, {"type": ["string", "number", "boolean", "array", "null"]})}
