"""Blocks in the JSON Schema: their definitions, their uses among layers, and what a misspelled layer is then."""

from __future__ import annotations

from collections.abc import Iterable

from dlrun.config.blocks import TAKEN
from dlrun.config.graph_layers import MODEL
from dlrun.config.json_objects import BESIDE, Json, any_of, layer_spellings, reference_to
from dlrun.keras_catalog import REFUSED
from dlrun.own_names import NOTHING, OwnNames

# A name of letters of any language: written by what is none, since editors mean ASCII alone by \w.
_NO_LETTER, _DIGITS = r"\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f", r"\x30-\x39"
NAME = f"^[^{_NO_LETTER}{_DIGITS}][^{_NO_LETTER}]*$"
_NOT_LIKE_LAYERS: Json = {"pattern": "^[a-z_]"}  # as blocks are called for the most part, and Keras's layers never
_LAYERS: Json = {"type": "array", "items": reference_to("item")}


def _named(taken: Iterable[str]) -> Json:
    return {"pattern": NAME, "not": {"enum": sorted({*taken, *REFUSED, *TAKEN})}}


def blocks_schema() -> Json:
    """Return the schema of `blocks`."""
    whole: Json = {
        "type": "object",
        "properties": {
            "arguments": {"description": "what a use gives, with defaults", "type": ["object", "array", "string"]},
            "inputs": {"description": "what comes in, where that is several things", "type": ["array", "string"]},
            "layers": {"description": "its layers, with ${argument} in them", **_LAYERS},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "propertyNames": _named(layer_spellings(NOTHING)),
        "additionalProperties": any_of(_LAYERS, whole, {"type": "null"}),
    }


def item_schema(added: OwnNames) -> Json:
    """Return the schema of an item of a list of layers: a layer, or a use of a block, which only the config knows."""
    block = _named(layer_spellings(added))
    use: Json = {
        "type": "object",
        "description": "a use of a block",
        "properties": BESIDE,
        "propertyNames": {"anyOf": [{"enum": list(BESIDE)}, block]},
        "minProperties": 1,
        "maxProperties": 1 + len(BESIDE),
    }
    return any_of(reference_to("layers"), {"type": "string", **block}, use)


def misspelled_schema() -> Json:
    """Return what a whole config must be besides, so that a layer's misspelled name is not taken for a block's.

    Only the config knows the names of its blocks. Where it has none, every layer is one of those known here; where
    none begins with a capital as Keras's layers do, no use of one does.
    """
    none: Json = {"not": {"required": ["blocks"]}}
    plain: Json = {"properties": {"blocks": {"propertyNames": _NOT_LIKE_LAYERS}}}
    body: Json = {"items": reference_to("known")}
    in_blocks: Json = {"additionalProperties": {**body, "properties": {"layers": body}}}
    return {
        "allOf": [
            {"if": none, "then": {"properties": {"layers": {"items": reference_to("layers")}}}},
            {"if": plain, "then": {"properties": {"layers": body, "blocks": in_blocks}}},
        ]
    }


def known_schema(added: OwnNames) -> Json:
    """Return the schema of an item whose name is a layer's or begins as no layer's does, and of those inside it."""
    name: Json = any_of({"enum": layer_spellings(added)}, _NOT_LIKE_LAYERS)
    inside: Json = {"items": reference_to("known"), "properties": {"layers": {"items": reference_to("known")}}}
    return {
        "if": {"type": "string"},
        "then": name,
        "else": {"propertyNames": name, "properties": {"repeat": inside, MODEL: inside}},
    }
