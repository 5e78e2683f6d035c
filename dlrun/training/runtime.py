"""Keras started once, seeded, deterministic and quiet.

Import nothing of TensorFlow or Keras before `start_keras` was called: the settings hold only if they come first.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlrun.config import Config

from dlrun.training.imports import light_imports

_configured = False
_asked_for_determinism = False
THREADS = 2  # the number of threads changes the bits of a sum, so it is fixed and recorded, not "all cores"


def start_keras_for(config: Config) -> None:
    """Start Keras as a config needs it.

    With `jit_compile` TensorFlow's switch for deterministic operations stays off, for Keras refuses the two together;
    on a processor XLA's results are the same every time without it.
    """
    start_keras(config.seed, deterministic=config.compile is None or not config.compile.jit_compile)


def start_keras(seed: int, threads: int = THREADS, *, deterministic: bool = True) -> None:
    """Start Keras on TensorFlow if that was not done yet, and seed everything.

    Args:
        seed: Of Python, NumPy and Keras: initial weights and dropout.
        threads: For TensorFlow's operations, and between them.
        deterministic: Whether to ask for deterministic operations; they stay so while the process lives.
    """
    import_keras()
    import keras

    _configure(threads, deterministic)
    keras.utils.set_random_seed(seed)


def import_keras() -> None:
    """Import TensorFlow and Keras if that was not done yet, and use nothing of them.

    A process may be forked after that, but no more after `start_keras`: TensorFlow has threads then.
    """
    if "tensorflow" not in sys.modules:
        # TensorFlow keeps what its imports raise and catch, and thereby every frame below them: the rows of whoever
        # asked for it would never be freed. Below a thread's frames there is nothing.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_import_quietly).result()


def is_untouched() -> bool:
    """Tell whether TensorFlow has not been used in this process yet, be it imported or not."""
    if _configured or "tensorflow" not in sys.modules:
        return not _configured
    from tensorflow.config import threading

    before = threading.get_intra_op_parallelism_threads()
    try:
        threading.set_intra_op_parallelism_threads(before + 1)  # refused once its threads are there
    except RuntimeError:
        return False
    threading.set_intra_op_parallelism_threads(before)
    return True


def threads_in_use() -> dict[str, int]:
    """Return TensorFlow's thread settings; 0 stands for as many as there are cores."""
    import tensorflow as tf

    return {
        "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
        "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
    }


def _import_quietly() -> None:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _held_stderr(), light_imports(), _without_keras_home(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries about each other, while they are imported
        import tensorflow as tf

        for logger in (tf.get_logger(), logging.getLogger("absl")):  # absl is that of Keras and its packages
            logger.setLevel(logging.ERROR)
        import keras  # noqa: F401


def is_deterministic() -> bool:
    """Tell whether deterministic operations were asked for in this process."""
    return _asked_for_determinism


def _configure(threads: int, deterministic: bool) -> None:
    global _asked_for_determinism, _configured
    import tensorflow as tf

    _configured = True
    # In a notebook TensorFlow may have run already; then its settings stand, and environment.json tells them.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    with contextlib.suppress(RuntimeError):
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
        _asked_for_determinism = True


@contextlib.contextmanager
def _without_keras_home() -> Iterator[None]:
    """Let Keras neither read nor write `~/.keras/keras.json`: a run's numbers come from its config alone.

    Keras reads floatx, epsilon and the order of an image's axes there when it is imported, and makes the file if there
    is none. Where nothing can lie it uses its defaults.
    """
    before = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = os.path.join(os.devnull, "keras")  # noqa: PTH118 (Keras takes a text)
    try:
        yield
    finally:
        if before is None:
            del os.environ["KERAS_HOME"]
        else:
            os.environ["KERAS_HOME"] = before


@contextlib.contextmanager
def _held_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to stderr before it can be asked to be quiet; show it only if it fails."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        before = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(before, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(before, 2)
            os.close(before)
