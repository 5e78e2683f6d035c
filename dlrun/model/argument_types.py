"""What a parameter of Keras takes, told from its default and from what Keras's docstring says of it.

Keras annotates nothing, so its prose is all there is: "int or tuple/list of 2 integers, specifying ...". A type is
stated only where the words are plain, since a config that Keras accepts must never be refused; the empty list means
that nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dlrun.keras_catalog import kinds_of

_WORDS = {
    "int": r"ints?|integers?|`int`",
    "float": r"floats?|`float`|scalar",
    "bool": r"bools?|booleans?|`bool`|`?true`?|`?false`?",
    "str": r"strings?|str|`string`|`str`",
    "list": r"`?tuples?`?|lists?|tuple/list|list/tuple|arrays?|array_like|2-tuple",
    "map": r"dict|dictionary|`dict`",
    "tensor": r"tensors?|matrix|callable|function|instance",
}
_FILLERS = (
    r"an?|the|`?none`?|python|single|optional|positive|non-negative|strictly|either|constant|value|of|or|and"
    r"|floating|point|\d|two|three|multiple|set|by|default|defaults|to|size|values?|literal|only|1d|2d|floating-point|1-d|numpy"
)
_WORD = re.compile(
    "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items()) + f"|(?P<filler>{_FILLERS})", re.IGNORECASE
)
_TOKEN = re.compile(r"[`\w/.-]+")
_POSITIVE = re.compile(r"(optional |an? )*(strictly )?positive (python )?(int\b|integer)", re.IGNORECASE)
_LISTS = re.compile(r"\b(tuples?|lists?|arrays?|per[- ]class|dictionary)\b", re.IGNORECASE)
_CHOICE = re.compile(
    r"\b(either|one of|options are|acceptable values|available values|valid values|can be|values can be"
    r"|possible values|supported (?:values|options|methods|modes)|options?:|choose from|name of the curve)"
    r"|^string,? `?[\"']|^`?[\"']",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"']([^\"'`\s]+)`?[\"']")
_FREE = re.compile(r"namespace|e\.g\.|for example|such as|callable|custom|\bpath\b|array_like|tensor", re.IGNORECASE)
_FROM_ONE = {"units", "filters", "num_heads", "key_dim", "input_dim", "output_dim", "n"}
_FRACTIONS = {"rate", "dropout", "recurrent_dropout"}
_BY_NAME = {
    "name": ["str"],
    "dtype": ["map", "str"],
    "verbose": [],
    "fn": ["str"],
    "seed": ["int"],
    "learning_rate": ["schedules", "float"],
}


def argument_types(name: str, kind: str, required: bool, default: Any, text: str) -> list[str]:
    """Return the types of an argument, of which a value must be one; nothing where they are not known.

    Args:
        name: The parameter's name.
        kind: The kind of the class: "layers", ....
        required: Whether it has no default; then it is never a choice of some words.
        default: Its default as JSON; None where it has none.
        text: What the docstring says of it; may be empty.

    Returns:
        "int", "float" (any number), "bool", "str", "list", "map"; "int+", a whole number from 1; "fraction", a number
        from 0 to 1; a kind of object ("regularizers"); a value that it may have, in quotes: '"valid"'.
    """
    objects = list(kinds_of(name))
    sentences = _sentences(text)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if objects and "string" not in sentences[0].lower() and not name.endswith("learning_rate"):
        return [*objects, *(["list"] if name in {"layers", "cell", "cells"} else [])]
    if kind == "layers" and name in _FROM_ONE:
        return ["int+"]
    if kind == "layers" and name in _FRACTIONS:
        return ["fraction"]
    if isinstance(default, bool):
        return ["bool"]
    return _told_types(required, default, sentences, text)


def _told_types(required: bool, default: Any, sentences: list[str], text: str) -> list[str]:
    found = set(_leading_types(sentences[0]))
    choices = set() if required or "is a tensor" in text else _choices(sentences, text, default)
    if choices:
        return sorted(choices) + sorted(found - {"str", "tensor"})
    if not (found == {"int"} and isinstance(default, int)):
        found |= _default_types(default)
    if found & {"int", "float"} and ("tensor" in found or _LISTS.search(text)):
        found.add("list")  # said further below than the type
    if "float" in found:
        found.discard("int")
    found.discard("tensor")
    if found == {"int"} and _POSITIVE.match(sentences[0]):
        return ["int+"]
    if found == {"float"} and re.search(r"in (the )?range `?\[0, 1\]", sentences[0]):
        return ["fraction"]
    return sorted(found)


def _sentences(text: str) -> list[str]:
    """Return the sentences of the first paragraph, without "(Optional)" at its beginning."""
    text = re.sub(r"^\(?optional\)?[.,]?\s*", "", text.strip(), flags=re.IGNORECASE).partition("\n")[0]
    return re.split(r"(?<=[\w`\")\]])\.\s+(?=[A-Z`])", text)


def _leading_types(sentence: str) -> Iterable[str]:
    """Return the types that stand at the beginning, before the sentence goes on to say what they are for."""
    for token in _TOKEN.findall(re.sub(r"`?([\"']).*?\1`?", "", sentence)):
        word = _WORD.fullmatch(token.strip("."))
        if word is None:
            return
        if word.lastgroup not in {None, "filler"}:
            yield str(word.lastgroup)


def _default_types(default: Any) -> set[str]:
    if isinstance(default, int | float):
        return {"float"}
    if isinstance(default, str):
        return {"str"}
    return {"list"} if isinstance(default, list) else set()


def _choices(sentences: list[str], text: str, default: Any) -> set[str]:
    """Return the values that a sentence, or a list below it, lists, if it lists all of them."""
    for sentence in sentences[:4]:
        if _CHOICE.search(sentence) and not _FREE.search(sentence):
            values = set(_QUOTED.findall(sentence))
            if sentence == sentences[-1] and sentence.endswith(":"):
                values |= set(re.findall(r"^[-*] `[\"'](\w+)[\"']`", text, re.MULTILINE))
            if len(values) > 1 and (not isinstance(default, str) or default in values):
                return {f'"{value}"' for value in values}
    return set()
