"""A Config back to YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import BaseModel

from dlrun.config.graph_layers import OF, SHARED, is_application
from dlrun.config.objects import ObjectSpec, PrepareSpec
from dlrun.config.parse_objects import POSITIONAL
from dlrun.config.scalars import parse_fraction, resolve_scalar
from dlrun.private import path_from_home, without_secrets

_PATHS = {"source", "validation_source", "test_source", "code"}
_LINE_BREAKS = "\n\r\x85\u2028\u2029"


def plain_value(value: Any) -> Any:
    """Return one value of a config likewise."""
    return _plain(value)


def dump_config(config: BaseModel) -> str:
    """Return what was set in a config as YAML that loads to an equal one."""
    return dump_values(_plain(config))


def plain_values(config: BaseModel) -> dict[str, Any]:
    """Return what was set in a config as mappings, lists and single values, in the form that `dump_config` writes."""
    values: dict[str, Any] = _plain(config)
    return values


def dump_values(values: Mapping[str, Any], *, flow: bool | None = None) -> str:
    """Return plain values as YAML that our reader reads as the same values.

    Args:
        values: Key to value.
        flow: Whether mappings stand in braces; None for those alone that hold single values only.
    """
    return yaml.dump(
        dict(values), Dumper=_Dumper, sort_keys=False, default_flow_style=flow, allow_unicode=True, width=110
    )


def override_text(path: str, value: Any) -> str:
    """Return the override that sets a plain value, or takes the key out where it is None: `fit={epochs: 5}`."""
    if value is None:
        return f"~{path}"
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    return f"{path}={text.removesuffix('...' + chr(10)).rstrip(chr(10))}"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = (name for name in type(value).model_fields if name in value.model_fields_set)
        return {name: _section_value(name, getattr(value, name)) for name in fields}
    if isinstance(value, ObjectSpec):
        return _object(value)
    if isinstance(value, PrepareSpec):
        return value.type if value.value is None else {value.type: _plain(value.value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _section_value(name: str, value: Any) -> Any:
    if name in _PATHS:
        return [path_from_home(path) for path in value]
    if name in ("vars", "track"):
        return without_secrets(_plain(value))
    if name == "target" and isinstance(value, dict) and set(value) == {""}:  # preprocessing.target without names
        return _plain(value[""])
    return _plain(value)


def _object(spec: ObjectSpec) -> Any:
    arguments: Any = {key: _argument(value) for key, value in spec.args.items()}
    if is_application(spec.type) and arguments.get("weights"):
        arguments["weights"] = path_from_home(arguments["weights"])
    if POSITIONAL in arguments:
        arguments = arguments[POSITIONAL]
    if spec.type == SHARED and set(arguments) == {OF}:
        arguments = arguments[OF]
    beside: dict[str, Any] = {}
    if spec.name is not None:
        beside["name"] = spec.name
    if spec.call:
        beside["inputs"] = {key: list(v) if isinstance(v, tuple) else v for key, v in spec.call.items()}
    elif spec.inputs is not None:
        beside["inputs"] = list(spec.inputs)
    if arguments == {} and not beside:
        return spec.type
    return {spec.type: None if arguments == {} else arguments, **beside}


def _argument(value: Any) -> Any:
    """Return an argument's value; an object without arguments of its own is still told from its name as text."""
    if isinstance(value, ObjectSpec):
        written = _object(value)
        return {written: None} if isinstance(written, str) else written
    if isinstance(value, list):
        return [_argument(item) for item in value]
    if isinstance(value, dict):
        return {key: _argument(item) for key, item in value.items()}
    return value


class _Dumper(yaml.SafeDumper):
    """Writes text so that our reader, whose scalars are YAML 1.2's, reads it as text again."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def flow_text(value: Any) -> str:
    """Return a plain value as YAML in one line; the name of a block's argument as the reference to it."""
    shown = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, default_flow_style=True, allow_unicode=True, width=100_000
    )
    return shown.removesuffix("\n").removesuffix("\n...")


class Argument(str):
    """The name of a block's argument, where its value stands."""


def _represent_argument(dumper: yaml.SafeDumper, name: Argument) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", f"${{{name}}}", style='"')


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    text = text.replace("${", "$${")
    try:
        is_text = isinstance(resolve_scalar(text), str) and parse_fraction(text) is None
    except ValueError:
        is_text = False
    if any(character in text for character in _LINE_BREAKS):  # folded to spaces everywhere but in double quotes
        is_text = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_text else '"')


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Argument, _represent_argument)
