"""What there is to say of a name, for `dlrun explain`: a class of Keras's, an argument, a step, a config key."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dlrun.catalog import PREPARE_STEPS, PREPROCESSING_STEPS, RESAMPLERS, keras_entry
from dlrun.config.example import example_of
from dlrun.config.explain_layers import LAYER_WORDS, beside_layers, key_example
from dlrun.config.explanation import Argument, Explanation, argument_of
from dlrun.config.names import KIND_WORDS, STEPS
from dlrun.config.nodes import path_text
from dlrun.config.schema import InputConfig, Section, section_classes
from dlrun.docstrings import Docstring, parse_docstring
from dlrun.errors import ConfigError, Problem, nearest
from dlrun.keras_catalog import KerasEntry, keras_kinds, keras_names
from dlrun.keras_functions import applications, operations
from dlrun.own_names import FUNCTION_KINDS, NOTHING, OwnNames, joined
from dlrun.plugins import plugins

_STEPS = {STEPS: PREPROCESSING_STEPS, "resample": RESAMPLERS, "prepare": PREPARE_STEPS}
_WHERE = {
    "layers": "under layers",
    "optimizers": "under compile.optimizer",
    "schedules": "as an optimizer's learning_rate",
    "losses": "under compile.loss",
    "metrics": "under compile.metrics",
    "callbacks": "under callbacks",
    "initializers": "as an argument of a layer that ends in initializer",
    "regularizers": "as an argument of a layer that ends in regularizer",
    "constraints": "as an argument of a layer that ends in constraint",
    "activations": "as an argument of a layer that ends in activation",
    STEPS: "under preprocessing",
    "resample": "under preprocessing.resample",
    "prepare": "under data.prepare",
}


def explanations(name: str, own: OwnNames = NOTHING) -> list[Explanation]:
    """Return everything that a name stands for; `Hinge` is a loss and a metric.

    Args:
        name: A class, function, step or config key; behind a dot an argument of it, or a key inside.
        own: The names of the user's own files.

    Raises:
        ConfigError: If there is nothing of this name; it says what is nearest.
    """
    added = joined([own, *(plugin.names for plugin in plugins())])
    found = [*_objects(name, added), *_keys(name)]
    head, _, last = name.rpartition(".")
    if not found and head:
        owners = _objects(head, added)
        found = [argument for owner in owners for argument in _argument_of(owner, last)]
        if not found and owners:
            options = list(dict.fromkeys(a.name for owner in owners for a in owner.arguments))
            raise ConfigError(Problem(f"{owners[0].name} has no argument '{last}'", _near(last, options)))
    if not found:
        raise ConfigError(
            Problem(
                f"nothing is called '{name}'", _near(name, [*_all_names(), *(entry.name for entry in added.entries)])
            )
        )
    return found


def _near(name: str, options: list[str]) -> str:
    best = nearest(name, options)
    if best is not None:
        return f"Did you mean '{best}'?"
    return f"There are: {', '.join(options)}." if 0 < len(options) <= 40 else "dlrun explain lists everything."


def _all_names() -> list[str]:
    names = [n for kind in keras_kinds() for n in keras_names(kind)]
    names += [*LAYER_WORDS, *applications(), *operations()]
    return [*names, *(n for registry in _STEPS.values() for n in registry), *(path_text(p) for p, _ in _all_keys())]


def listing(own: OwnNames = NOTHING) -> dict[str, list[str]]:
    """Return every name by what it is, for `dlrun explain` without one."""
    added = joined([own, *(plugin.names for plugin in plugins())])
    steps = {kind: sorted(registry) for kind, registry in _STEPS.items()}
    keys = [path_text(path) for path, _ in _all_keys()]
    names = {kind: keras_names(kind) for kind in keras_kinds()}
    names |= {"beside layers": [*LAYER_WORDS], "networks": [*applications()], "functions": [*operations()]}
    names |= {**steps, "keys": keys}
    for entry in added.entries:
        names.setdefault(entry.kind, []).append(entry.name)
    return names


# Keras's classes and functions, and dlrun's steps


def _objects(name: str, added: OwnNames) -> list[Explanation]:
    plain = name.removeprefix("keras.").rpartition(".")
    kinds = [plain[0].removeprefix("optimizers.")] if plain[0] and name.startswith("keras.") else keras_kinds()
    wanted = plain[2] if name.startswith("keras.") else name
    entries = [entry for kind in kinds if kind in keras_kinds() and (entry := keras_entry(kind, wanted)) is not None]
    steps = [_step(kind, wanted) for kind, registry in _STEPS.items() if wanted in registry]
    own = {entry.kind: entry for entry in added.entries if name in (entry.name, *entry.aliases)}
    functions = [kind for kind, entry in own.items() if not entry.is_class and kind in FUNCTION_KINDS]
    for kind in functions[1:]:  # a function of the user's may be of several kinds
        del own[kind]
    return [*steps, *map(_keras, entries), *beside_layers(wanted), *map(_own, own.values())]


def _own(entry: KerasEntry) -> Explanation:
    doc = entry.doc()
    function = not entry.is_class and entry.kind in FUNCTION_KINDS
    word = KIND_WORDS.get(entry.kind) or {"prepare": "prepare step", "source": "file format"}.get(
        entry.kind, entry.kind
    )
    return Explanation(
        name=entry.name,
        what="function" if function else word,
        where="as a loss, a metric, an activation and the like" if function else _WHERE.get(entry.kind, ""),
        source=entry.origin,
        summary=doc.summary,
        body=doc.body,
        yaml=example_of(entry, Docstring()) if entry.kind in keras_kinds() and not function else "",
        arguments=tuple(argument_of(p, doc.arguments.get(p.name, "")) for p in entry.parameters),
        sections=doc.sections,
        aliases=entry.aliases,
    )


def _keras(entry: KerasEntry) -> Explanation:
    doc = entry.doc()
    return Explanation(
        name=entry.name,
        what=KIND_WORDS[entry.kind],
        where=_WHERE[entry.kind],
        source=entry.public_name,
        summary=doc.summary,
        body=doc.body,
        yaml="" if entry.refused else example_of(entry, doc),
        arguments=tuple(argument_of(p, doc.arguments.get(p.name, "")) for p in entry.parameters),
        sections=doc.sections,
        aliases=entry.aliases,
        refused=entry.refused,
    )


def _step(kind: str, name: str) -> Explanation:
    registry = _STEPS[kind]
    module_doc, own_doc = registry.doc(name)
    doc = parse_docstring(own_doc)
    form = module_doc.partition("`")[2].partition("`")[0]
    names = registry.arguments(name) if kind != "prepare" else []
    defaults = registry.defaults(name) if kind != "prepare" else {}
    return Explanation(
        name=name,
        what=KIND_WORDS.get(kind, "prepare step"),
        where=_WHERE[kind],
        summary=doc.summary,
        body="\n\n".join(part for part in (module_doc if kind == "prepare" else "", doc.body) if part),
        yaml=f"- {form}" if kind == "prepare" and form.startswith(name) else "",
        arguments=tuple(Argument(n, "", n not in defaults, defaults.get(n), doc.arguments.get(n, "")) for n in names),
        sections={head: text for head, text in doc.sections.items() if head != "Raises"},
    )


def _argument_of(owner: Explanation, name: str) -> Iterator[Explanation]:
    for argument in owner.arguments:
        if argument.name == name:
            yield Explanation(
                name=f"{owner.name}.{name}",
                what=f"argument of the {owner.what} {owner.name}",
                source=owner.source,
                summary=argument.text.partition("\n")[0],
                body=argument.text.partition("\n")[2],
                arguments=(argument,),
            )


# Keys of a config


def _all_keys() -> Iterator[tuple[tuple[str, ...], type[Section]]]:
    """Return the path of every key, and the section in which it stands."""
    for path, section in section_classes().items():
        place = tuple(str(segment) for segment in path)
        yield from (((*place, name), section) for name in section.model_fields)


def _keys(name: str) -> list[Explanation]:
    paths = list(_all_keys())
    whole = [item for item in paths if path_text(item[0]) == name]
    last = [item for item in paths if item[0][-1] == name]
    return [_key(path, section) for path, section in whole or last]


def _key(path: tuple[str, ...], section: type[Section]) -> Explanation:
    told = section.model_fields[path[-1]]
    inner = section_classes().get(path) or (InputConfig if path == ("inputs",) else None)
    doc = Docstring() if inner is None else parse_docstring(inner.__doc__ or "")
    return Explanation(
        name=path_text(path),
        what="config key",
        where=f"under {path_text(path[:-1])}" if len(path) > 1 else "at the top of a config",
        summary=_sentence(told.description or ""),
        body=doc.summary,
        yaml=key_example(path),
        arguments=tuple(_field(n, f) for n, f in inner.model_fields.items()) if inner else (_field(path[-1], told),),
    )


def _field(name: str, told: Any) -> Argument:
    default = None if told.is_required() else told.get_default(call_default_factory=True)
    plain = default if isinstance(default, bool | int | float | str) else None
    return Argument(name, _annotation(told.annotation), told.is_required(), plain, told.description or "")


def _annotation(annotation: Any) -> str:
    """Return a type in words: `whole number or text`, `previous, interpolate or zero`."""
    if get_origin(annotation) is Literal:
        *most, last = map(str, get_args(annotation))
        return f"{', '.join(most)} or {last}" if most else last
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(part for part in map(_annotation, get_args(annotation)) if part)
    words = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    return words.get(annotation, "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
