"""Mixed precision as one line of `compile`, in place of a dtype in every layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlrun.config.precision import computes_itself
from dlrun.keras_catalog import kinds_of
from dlrun.model.from_keras.steps import Net, Step

_POLICIES = ("mixed_float16", "mixed_bfloat16")


def take_policy(net: Net) -> str | None:
    """Take the dtype policy that most layers were made under out of them, and return it.

    None where no policy is that of more than half of the layers: the others would have to say float32 then. Those
    of the outputs do not count, since dlrun gives them float32 of itself; that is not said, what differs from it is.
    """
    ends = {id(ref.step) for ref in net.outputs.values()}
    layers = [step for step in _steps(net) if _has_precision(step)]
    in_float32 = {id(step) for step in layers if id(step) in ends and computes_itself(step.type, step.args)}
    used = [step.args.get("dtype") for step in layers if id(step) not in in_float32]
    policy = max(_POLICIES, key=used.count)
    if 2 * used.count(policy) <= len(used):
        return None
    for step in layers:
        if id(step) not in in_float32:
            _say_what_differs(step.args, policy)
        for holder, name in _objects_in(step.args):
            args = holder[name] or {}
            _say_what_differs(args, policy)
            holder[name] = args or None
    return policy


def _say_what_differs(args: dict[str, Any], policy: str) -> None:
    """Leave the policy out of a layer's arguments, and write float32 where it was not said."""
    if args.get("dtype") == policy:
        del args["dtype"]
    elif args.get("dtype") is None:
        args["dtype"] = "float32"


def _objects_in(args: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the layers among arguments, such as a wrapper's and cells: what holds them, and by which name."""
    for key, value in args.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and len(item) == 1 and "layers" in kinds_of(key):
                (name,) = item
                yield from _objects_in(item[name] or {})
                yield item, name


def _has_precision(step: Step) -> bool:
    """Tell whether a step makes a layer, and so has a precision of its own."""
    return step.of is None and step.body is None and not step.type.startswith("ops.")


def _steps(net: Net) -> list[Step]:
    inner = [step for own in net.steps if own.body is not None for step in _steps(own.body)]
    return [*net.steps, *inner]
