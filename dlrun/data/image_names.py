"""Which files are images; imports nothing that takes time, since `dlrun check` asks it."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")  # Keras's


def is_image(path: Path) -> bool:
    """Tell whether a file is an image, by its ending."""
    return path.name.lower().endswith(ENDINGS)
