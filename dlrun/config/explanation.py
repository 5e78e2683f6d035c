"""What there is to say of a name, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dlrun.config.names import KIND_WORDS
from dlrun.keras_catalog import Parameter

_TYPE_WORDS = {
    "int": "whole number",
    "int+": "whole number from 1",
    "float": "number",
    "fraction": "number from 0 to 1",
    "bool": "true or false",
    "str": "text",
    "map": "mapping",
}


@dataclass(frozen=True)
class Argument:
    """An argument, or a key of a section.

    Args:
        name: Its name.
        type: What it takes, in words; empty where it is not known.
        required: Whether it has no default.
        default: Its default.
        text: What it means; paragraphs by line ends.
    """

    name: str
    type: str
    required: bool
    default: Any
    text: str


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a name.

    Args:
        name: The name, or a dotted path: "Dense", "EarlyStopping.monitor", "fit.batch_size".
        what: What it is: "layer", "argument of EarlyStopping", "config key".
        where: Where it may stand in a config.
        source: Where it comes from: "keras.layers.Dense"; empty for dlrun's own.
        summary: One sentence.
        body: More of it, as text with paragraphs and code.
        yaml: How it is written.
        arguments: Its arguments, or the keys inside.
        sections: Further parts of Keras's docstring.
        aliases: Other names for it.
        refused: Why it cannot stand in a config; empty where it can.
    """

    name: str
    what: str
    where: str = ""
    source: str = ""
    summary: str = ""
    body: str = ""
    yaml: str = ""
    arguments: tuple[Argument, ...] = ()
    sections: dict[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    refused: str = ""


def argument_of(parameter: Parameter, text: str) -> Argument:
    """Return what there is to say of a parameter."""
    return Argument(parameter.name, type_words(parameter), parameter.required, parameter.default, text)


def type_words(parameter: Parameter) -> str:
    """Return what a parameter takes, in words: "whole number or list"."""
    words = [t if t.startswith('"') else _TYPE_WORDS.get(t) or KIND_WORDS.get(t, t) for t in parameter.types]
    return " or ".join(dict.fromkeys(words))
