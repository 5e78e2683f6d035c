"""Image files to rows `(height, width, channels)`, with pixels 0..255 as Keras's `image_dataset_from_directory` has.

Files are decoded by TensorFlow, several at once, when their rows are asked for. How many threads there are changes
nothing: every row is made of one file alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.data.names import shown
from dlrun.errors import DataError, Location, Problem
from dlrun.lazy_rows import LazyRows

if TYPE_CHECKING:
    from dlrun.config.schema import ReadConfig

Array = np.ndarray[Any, Any]

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_MOST_OTHERS = 10_000  # files that are looked at where one is broken, so that all that are can be named at once


def lazy_images(files: Sequence[Path], size: tuple[int, int], resize: bool, read: ReadConfig, keys: Array) -> LazyRows:
    """Return the images of files that have been looked at.

    Args:
        files: The files.
        size: Height and width of a row.
        resize: Whether images of other sizes are among them.
        read: color_mode and interpolation.
        keys: Some bytes for each file, the same for files with the same content.
    """
    paths = np.array([os.fsencode(path.absolute()) for path in files], dtype=object)
    channels = CHANNELS[read.color_mode]
    keep = not resize or read.interpolation == "nearest"
    interpolation = read.interpolation if resize else None

    def decode(places: Array) -> Array:
        return _decoded(files, paths, places, size, channels, interpolation)

    dtype = np.dtype(np.uint8 if keep else np.float32)
    return LazyRows(decode, np.arange(len(files)), (*size, channels), dtype, keys)


def _decoded(
    files: Sequence[Path], paths: Array, places: Array, size: tuple[int, int], channels: int, interpolation: str | None
) -> Array:
    import tensorflow as tf

    if not len(places):
        return np.empty((0, *size, channels), np.uint8)
    decoder = _decoder(size, channels, interpolation)
    with tf.device("CPU:0"):
        try:
            return np.asarray(decoder(tf.constant(paths[places].tolist(), tf.string)))
        except tf.errors.OpError as error:
            others = np.setdiff1d(np.arange(len(files)), places)[:_MOST_OTHERS]
            pieces = [places, *(others[at : at + len(places)] for at in range(0, len(others), len(places)))]
            problems = [problem for piece in pieces for problem in _problems(files, paths, piece, decoder)]
            raise (DataError(*problems) if problems else error) from error


def _problems(files: Sequence[Path], paths: Array, places: Array, decoder: Any) -> list[Problem]:
    """Return a problem for each file that cannot be decoded."""
    import tensorflow as tf

    try:
        decoder(tf.constant(paths[places].tolist(), tf.string))
    except tf.errors.OpError as error:
        if len(places) > 1:
            return [problem for place in places for problem in _problems(files, paths, np.array([place]), decoder)]
        file = files[places[0]]
        gone = isinstance(error, tf.errors.NotFoundError)
        return [Problem("is no longer there", "", "", Location(shown(file))) if gone else broken_image(file)]
    return []


def broken_image(file: Path) -> Problem:
    """Return the problem of a file that is no whole image."""
    return Problem("is no whole image", "Replace the file, or take it out of the folder.", "", Location(shown(file)))


@lru_cache(maxsize=8)
def _decoder(size: tuple[int, int], channels: int, interpolation: str | None) -> Any:
    """Return a graph that decodes files, `(n,)` paths to `(n, height, width, channels)`, in their order.

    The operations and their arguments are those of Keras's `image_dataset_from_directory`.
    """
    import tensorflow as tf

    def decode(path: Any) -> Any:
        image = tf.io.decode_image(tf.io.read_file(path), channels=channels, expand_animations=False)
        if interpolation is not None:
            image = tf.image.resize(image, size, method=interpolation)
        return tf.ensure_shape(image, [*size, channels])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)  # type: ignore[untyped-decorator]
    def decode_all(paths: Any) -> Any:
        images = tf.data.Dataset.from_tensor_slices(paths)
        images = images.map(decode, num_parallel_calls=max(2, os.cpu_count() or 1), deterministic=True)
        return images.batch(tf.size(paths, out_type=tf.int64)).get_single_element()

    return decode_all
