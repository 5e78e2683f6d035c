"""The names of layers, and of what they give."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlrun.config.objects import ObjectSpec


def snake_case(class_name: str) -> str:
    """Return the name that Keras makes from a class's name: LeakyReLU to leaky_re_lu."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", class_name).lower()


def given_name(spec: ObjectSpec) -> str | None:
    """Return the name that the user gave a layer, beside it or among its arguments."""
    return spec.name or spec.args.get("name")


def split_output(reference: str, names: Iterable[str]) -> tuple[str, str]:
    """Return the layer and the output that a reference means: `lstm` and `1` for `lstm.1`, "" where all are meant."""
    known = set(names)
    if reference in known:
        return reference, ""
    parts = reference.split(".")
    for end in range(len(parts) - 1, 0, -1):
        if ".".join(parts[:end]) in known:
            return ".".join(parts[:end]), ".".join(parts[end:])
    return reference, ""
