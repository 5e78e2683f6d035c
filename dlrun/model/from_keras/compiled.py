"""How a model was compiled, as the config's `compile`."""

from __future__ import annotations

from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.dump import flow_text
from dlrun.model.from_keras.values import arguments_of, object_of, rounded


def compile_lines(config: Any, outputs: list[str]) -> list[str]:
    """Return the lines of `compile`; nothing for a model that was not compiled.

    Args:
        config: The description's `compile_config`.
        outputs: The outputs' names; `[""]` where there is one.
    """
    if not isinstance(config, dict) or not config.get("optimizer") or not config.get("loss"):
        return []
    many = len(outputs) > 1
    found: dict[str, Any] = {"optimizer": _said(config["optimizer"], "optimizers")}
    found["loss"] = _keyed(config["loss"], outputs, "losses") if many else _said(_one(config["loss"]), "losses")
    if config.get("loss_weights"):
        found["loss_weights"] = dict(zip(outputs, _listed(config["loss_weights"], outputs), strict=False))
    for key in ("metrics", "weighted_metrics"):
        value = config.get(key)
        if value:
            metrics = _keyed(value, outputs, "metrics") if many else [_said(m, "metrics") for m in _flat(value)]
            if metrics:
                found[key] = metrics
    return ["compile:", *(f"  {key}: {flow_text(value)}" for key, value in found.items()), ""]


def not_kept(loss: Any) -> list[str]:
    """Return a note for each argument of losses that Keras leaves out of its files, such as the delta of Huber.

    Args:
        loss: A loss, or several in a list or mapping, as a file describes them.
    """
    if isinstance(loss, list):
        return [note for one in loss for note in not_kept(one)]
    if not isinstance(loss, dict):
        return []
    if "class_name" not in loss:
        return not_kept([*loss.values()])
    name, kept = object_of(loss)
    entry = keras_entry("losses", name)
    parameters = entry.parameters if entry is not None else ()
    lacking = [p for p in parameters if not p.required and p.name not in (*kept, "axis", "name", "reduction", "dtype")]
    return [f"Keras keeps no {p.name} of {name} in its files; the default {p.default} is taken" for p in lacking]


def _said(value: Any, kind: str) -> Any:
    if isinstance(value, list):
        return [_said(item, kind) for item in value if item is not None]
    if not isinstance(value, dict):
        return value
    name, config = object_of(value)
    named = {} if kind == "optimizers" or _is_automatic(kind, name, config.get("name")) else {"name": config["name"]}
    args = {**arguments_of(name, kind, config)[0], **named}
    if kind == "losses" and args.get("reduction") == "sum_over_batch_size":
        del args["reduction"]
    args = rounded(args)
    entry = keras_entry(kind, name)
    first = entry.parameters[0].name if entry is not None and entry.parameters else ""
    if list(args) == [first] and not isinstance(args[first], list | dict) and kind != "optimizers":
        return {name: args[first]}
    return {name: args} if args else name


def _is_automatic(kind: str, name: str, given: Any) -> bool:
    """Tell whether a name is the class's default, or Keras made it from the class's."""
    entry = keras_entry(kind, name)
    if entry is not None and any(p.name == "name" and p.default == given for p in entry.parameters):
        return True
    plain = "".join(character for character in str(given or "") if character.isalpha()).lower()
    return not plain or plain == name.lower()


def _one(value: Any) -> Any:
    """Return the only loss, which may stand in a list or a mapping of one."""
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    if isinstance(value, dict) and "class_name" not in value and len(value) == 1:
        return next(iter(value.values()))
    return value


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict) and "class_name" not in value:
        return [m for item in value.values() for m in _flat(item)]
    if isinstance(value, list):
        return [m for item in value for m in _flat(item)]
    return [value] if value is not None else []


def _listed(value: Any, outputs: list[str]) -> list[Any]:
    return [value.get(name) for name in outputs] if isinstance(value, dict) else list(value)


def _keyed(value: Any, outputs: list[str], kind: str) -> Any:
    """Return one for each output, by its name."""
    is_object = isinstance(value, str) or (isinstance(value, dict) and "class_name" in value)
    if is_object:
        return dict.fromkeys(outputs, _said(value, kind))
    listed = [value.get(name) for name in outputs] if isinstance(value, dict) else list(value)
    if kind == "metrics" and not isinstance(value, dict) and not any(isinstance(item, list) for item in listed):
        listed = [listed] * len(outputs)
    return {name: _said(item, kind) for name, item in zip(outputs, listed, strict=False) if item is not None}
