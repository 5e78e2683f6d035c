"""A few images of the training rows, small enough to stand in the page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dlrun.data.table import Dataset

Array = np.ndarray[Any, Any]

_MANY = 16
_SIZE = 64  # pixels on a side, at most


@dataclass(frozen=True)
class Thumbnail:
    """An image as a data URL, and what it is labelled with."""

    url: str
    label: str


def thumbnails(dataset: Dataset) -> list[Thumbnail]:
    """Return images of the training rows, evenly spread; none where no column holds images."""
    table = dataset.parts["train"]
    name = next((n for n in dataset.features if n in table.tensors and _is_image(table.tensors[n].shape)), None)
    if name is None:
        return []
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), _MANY)).astype(np.int64))
    numbers = table.frame.index.to_numpy()[rows]
    images = np.asarray(table.tensors[name][numbers], np.float64)
    low, high = float(images.min()), float(images.max())
    scaled = (255 * (images - low) / (high - low or 1.0)).astype(np.uint8)
    target = next((t for t in dataset.targets if t in table.frame), None)
    labels = table.frame[target].iloc[rows].astype(str).tolist() if target else [""] * len(rows)
    return [Thumbnail(_url(image), label) for image, label in zip(scaled, labels, strict=True)]


def _is_image(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 or (len(shape) == 4 and shape[-1] in (1, 3))


def _url(image: Array) -> str:
    from PIL import Image

    picture = Image.fromarray(image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image)
    picture.thumbnail((_SIZE, _SIZE))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
