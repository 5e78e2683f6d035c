"""Mixed precision as one line of `compile`, in place of a dtype in every layer."""

from __future__ import annotations

from dlrun.model.from_keras.steps import Net, Step

_POLICIES = ("mixed_float16", "mixed_bfloat16")


def take_policy(net: Net) -> str | None:
    """Take the dtype policy that most layers were made under out of them, and return it.

    None where no policy is that of more than half of the layers: the others would have to say float32 then. Those
    of the outputs do not count, since dlrun gives them float32 of itself; that is not said, what differs from it is.
    """
    last = {id(ref.step) for ref in net.outputs.values() if ref.step is not None and ref.step.body is None}
    layers = [step for step in _steps(net) if _has_precision(step)]
    used = [step.args.get("dtype") for step in layers if id(step) not in last]
    policy = max(_POLICIES, key=used.count)
    if 2 * used.count(policy) <= len(used):
        return None
    for step in layers:
        own = step.args.get("dtype")
        if own == policy and id(step) not in last:
            del step.args["dtype"]
        elif own is None and id(step) not in last:
            step.args["dtype"] = "float32"
    return policy


def _has_precision(step: Step) -> bool:
    """Tell whether a step makes a layer, and so has a precision of its own."""
    return step.of is None and step.body is None and not step.type.startswith("ops.")


def _steps(net: Net) -> list[Step]:
    inner = [step for own in net.steps if own.body is not None for step in _steps(own.body)]
    return [*net.steps, *inner]
