"""Names as Keras takes them."""

from __future__ import annotations

import re


def keras_name(name: str) -> str:
    """Return the name under which Keras knows a layer or model.

    TensorFlow takes no letters but A to Z in it, so others are written as their numbers: 층 as uce35.
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"u{ord(found[0]):04x}", name)
    return plain if plain[:1].isalnum() else f"layer{plain}"
