"""The config language as a JSON Schema (draft 2020-12), for editors: completion, documentation, red underlines.

It is made from the sections in `schema.py`, from Keras's catalog, and from dlrun's own steps. It sees a config as it
is written, so what only shows when references, blocks or data are known is left to `dlrun check`; what it refuses,
`dlrun check` refuses too.
"""

from __future__ import annotations

from typing import Any

import pydantic

from dlrun.catalog import PREPARE_STEPS, PREPROCESSING_STEPS, RESAMPLERS
from dlrun.config import values
from dlrun.config.json_blocks import blocks_schema, item_schema, known_schema, misspelled_schema
from dlrun.config.json_objects import Json, any_of, object_schemas, reference_to, step_schema
from dlrun.config.names import STEPS
from dlrun.config.schema import InputConfig, Section, section_classes
from dlrun.config.sections import READERS
from dlrun.own_names import NOTHING, OwnNames, joined
from dlrun.plugins import plugins

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR: Json = {"type": ["string", "number", "boolean"]}
_SCALARS: Json = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
_SHORT: dict[tuple[str, ...], Json] = {("data", "frequency"): _SCALAR, ("track",): {"const": "mlflow"}}
_FRACTION: Json = {"type": "string", "pattern": r"^\s*-?[0-9.]+\s*/\s*[0-9.]+\s*$"}


def json_schema(own: OwnNames = NOTHING) -> Json:
    """Return the schema of a whole config.

    Args:
        own: The names of the user's own files; those of installed packages are known.
    """
    added = joined([own, *(plugin.names for plugin in plugins())])
    root = _section(())
    root["properties"]["extends"] = {"description": "a config, or a list of them, to build on", **_SCALARS}
    return {
        "$schema": DRAFT,
        "title": "dlrun config",
        **root,
        "if": {"not": {"required": ["extends"]}},
        "then": {**_whole(()), **misspelled_schema()},
        "$defs": {
            "reference": {"type": "string", "pattern": r"\$\{", "description": "${vars.name} or ${env:NAME:-default}"},
            "fraction": _FRACTION,
            "repeat": _repeat(),
            "item": item_schema(added),
            "known": known_schema(added),
            **object_schemas(added),
            STEPS: step_schema(STEPS, PREPROCESSING_STEPS, added, keras="layers"),
            "resample": step_schema("resample", RESAMPLERS, added),
            "prepare": step_schema("prepare", PREPARE_STEPS, added),
        },
    }


def _section(path: tuple[str, ...]) -> Json:
    """Return the schema of the section at `path`, with the sections inside it."""
    section = section_classes()[path]
    properties = {name: _key((*path, name), section) for name in section.model_fields}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _whole(path: tuple[str, ...]) -> Json:
    """Return what a section must have where nothing comes from a config that it extends."""
    fields = section_classes()[path].model_fields
    required = [name for name, field in fields.items() if field.is_required() and name != "name"]
    inner = {name: _whole((*path, name)) for name in fields if (*path, name) in section_classes()}
    inner = {name: schema for name, schema in inner.items() if schema}
    return {**({"required": required} if required else {}), **({"properties": inner} if inner else {})}


def _key(path: tuple[str, ...], section: type[Section]) -> Json:
    field = section.model_fields[path[-1]]
    schema = _value(path, section)
    told: Json = {"description": field.description or ""}
    default = field.get_default()
    if isinstance(default, bool | int | float | str) and not field.is_required():
        told["default"] = default
    if schema == {}:
        return told
    return {**told, **any_of(schema, {"type": "null"})}


def _value(path: tuple[str, ...], section: type[Section]) -> Json:
    if path in section_classes():
        inner = _section(path)
        short = _SHORT.get(path)
        return any_of(inner, short) if short is not None else inner
    reader = READERS.get(".".join(path))
    if path == ("blocks",):
        return blocks_schema()
    if reader in _BY_READER:
        return _BY_READER[reader]
    plain = _plain(path[-1], section)
    if reader is values.read_number:
        plain = any_of(plain, reference_to("fraction"))
    return plain


def _plain(name: str, section: type[Section]) -> Json:
    """Return what pydantic says of a key that holds plain values."""
    field = section.model_fields[name]
    model = pydantic.create_model(section.__name__, **{name: (field.annotation, field)})  # type: ignore[call-overload]
    schema: Json = model.model_json_schema()["properties"][name]
    for key in ("title", "description", "default"):
        schema.pop(key, None)
    return schema if "$ref" not in str(schema) else {}


def _objects(kind: str) -> Json:
    one = reference_to(kind)
    return any_of(one, {"type": "array", "items": one})


def _by_target(schema: Json) -> Json:
    """Return the schema of a value that may be given for each target too."""
    return any_of(schema, {"type": "object", "additionalProperties": schema})


def _input() -> Json:
    columns: Json = {"description": InputConfig.model_fields["columns"].description, **_SCALARS}
    shape: Json = {"type": "array", "items": {"type": ["integer", "null", "string"]}}
    mapping: Json = {
        "type": "object",
        "properties": {"columns": columns, "shape": shape, "dtype": {"type": "string"}},
        "additionalProperties": False,
    }
    return {"type": "object", "additionalProperties": any_of(_SCALARS, mapping)}


def _repeat() -> Json:
    times: Json = {"anyOf": [{"type": "integer", "minimum": 0}, reference_to("reference")]}
    return {
        "description": "these layers, several times",
        "type": "object",
        "properties": {"times": times, "layers": {"type": "array", "items": reference_to("item")}},
        "required": ["times", "layers"],
        "additionalProperties": False,
    }


_BY_READER: dict[Any, Json] = {
    values.read_text: _SCALAR,
    values.read_texts: _SCALARS,
    values.read_paths: _SCALARS,
    values.read_bool_or_text: _SCALAR,
    values.read_text_values: {"type": "object", "additionalProperties": _SCALAR},
    values.read_tuple: {"type": "array"},
    values.read_numbers: {"type": "object"},
    values.read_inputs: _input(),
    values.read_layers: {"type": "array", "minItems": 1, "items": reference_to("item")},
    values.read_callbacks: _objects("callbacks"),
    values.read_optimizer: reference_to("optimizers"),
    values.read_loss: _by_target(reference_to("losses")),
    values.read_metrics: _by_target(_objects("metrics")),
    values.read_steps: _objects(STEPS),
    values.read_resample: _objects("resample"),
    values.read_prepare: _objects("prepare"),
    values.read_column_steps: {"type": "object", "additionalProperties": _objects(STEPS)},
    values.read_target_steps: _by_target(_objects(STEPS)),
}
