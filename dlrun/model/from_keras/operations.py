"""An Operation in a saved model as the function of `keras.ops` that it stands for."""

from __future__ import annotations

from typing import Any

from dlrun.keras_functions import operation_of
from dlrun.model.from_keras.steps import Step
from dlrun.model.from_keras.values import NEVER, said_value

_MANY = {
    "eig", "eigh", "histogram", "lu_factor", "meshgrid", "moments", "nonzero", "qr", "slogdet", "split", "svd", "top_k",
    "array_split", "modf", "frexp", "unstack", "divmod", "polar_to_cartesian",
}  # fmt: skip


def operation_step(
    called: str, name: str, config: dict[str, Any], inputs: dict[str, Any], named: bool, faults: list[str]
) -> Step:
    """Return the step for an operation; its tensors are still histories."""
    function = operation_of(name)
    if function is None:
        faults.append(f"'{called}' is the operation {name}, which no function of keras.ops stands for")
        return Step(called, "ops.unknown", {}, {})
    known = {parameter.name: parameter for parameter in function.parameters}
    args: dict[str, Any] = {}
    for key, value in config.items():
        if key in known and not (value == known[key].default and not known[key].required):
            args[key] = said_value(value, "", "")
        elif key not in known and key not in NEVER | {"dtype", "trainable"} and value is not None:
            faults.append(f"'{called}': {function.name} has no argument '{key}'")
    given = _by_parameter(function.tensors, inputs, named)
    tensors = {key: value for key, value in given.items() if _has_tensor(value)}
    for key, value in given.items():
        if key not in tensors:
            args[key] = _index(value) if function.name == "ops.get_item" and key == "key" else said_value(value, "", "")
            if isinstance(value, dict) and "class_name" in value and not isinstance(args[key], str | list):
                faults.append(f"'{called}': {function.name} takes a constant that cannot be written down")
    in_order = [name for name in function.tensors if name not in args]
    many = function.name.rpartition(".")[2] in _MANY
    if list(tensors) == in_order[: len(tensors)]:
        flat = [item for value in tensors.values() for item in (value if isinstance(value, list) else [value])]
        return Step(called, function.name, args, {"": flat}, many=many)
    return Step(called, function.name, args, tensors, named=True, many=many)


def _by_parameter(names: tuple[str, ...], inputs: dict[str, Any], named: bool) -> dict[str, Any]:
    """Return what an operation takes by the names of its parameters."""
    if not named or names == ("operands",):  # ops.einsum takes any number
        values = inputs[""] if not named else list(inputs.values())
        return {names[0]: values[0] if len(values) == 1 else values} if names else {}
    return {names[int(key)] if key.isdecimal() and int(key) < len(names) else key: v for key, v in inputs.items()}


def _has_tensor(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_tensor(item) for item in value)
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _index(key: Any) -> str:
    """Return an index as NumPy writes it: `:, 0, 1:`."""
    parts = key if isinstance(key, list) else [key]
    return ", ".join(map(_part, parts))


def _part(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    if part.get("class_name") != "__slice__":
        return "..."
    start, stop, step = ((part.get("config") or {}).get(key) for key in ("start", "stop", "step"))
    shown = ["" if number is None else str(number) for number in (start, stop, step)]
    return ":".join(shown[:2]) + (f":{shown[2]}" if shown[2] else "")
