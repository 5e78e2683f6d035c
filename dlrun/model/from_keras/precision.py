"""Mixed precision as one line of `compile`, in place of a dtype in every layer."""

from __future__ import annotations

from dlrun.model.from_keras.steps import Net, Step

_POLICIES = ("mixed_float16", "mixed_bfloat16")


def take_policy(net: Net) -> str | None:
    """Take the dtype policy that most layers were made under out of them, and return it; None where there is none.

    What dlrun gives of itself then, float32 to the layers of the outputs, is not said; what differs from it is.
    """
    used = [step.args["dtype"] for step in _steps(net) if step.args.get("dtype") in _POLICIES]
    policy = max(_POLICIES, key=used.count) if used else None
    if policy is None:
        return None
    last = {id(ref.step) for ref in net.outputs.values() if ref.step is not None and ref.step.body is None}
    for step in _steps(net):
        own = step.args.get("dtype")
        if id(step) in last and own is None:
            continue
        if own == policy and id(step) not in last:
            del step.args["dtype"]
        elif own is None and step.of is None and step.body is None and not step.type.startswith("ops."):
            step.args["dtype"] = "float32"
    return policy


def _steps(net: Net) -> list[Step]:
    inner = [step for own in net.steps if own.body is not None for step in _steps(own.body)]
    return [*net.steps, *inner]
