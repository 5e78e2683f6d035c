"""What TensorFlow and callbacks raise while training, told as what the user can mend."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.errors import ConfigError, DataError, DlrunError, Problem
from dlrun.signals import Interrupted

if TYPE_CHECKING:
    from dlrun.config import Config


@contextlib.contextmanager
def explained_failures() -> Iterator[None]:
    """Turn what TensorFlow raises for values it cannot do with into a DataError.

    Raises:
        DataError: For example, if a row holds a number that is no index into an Embedding.
    """
    import tensorflow as tf

    from dlrun.model.explain import explain

    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise DataError(Problem(explain(error), "Set a smaller fit.batch_size, or a smaller network.")) from error
    except tf.errors.OpError as error:
        raise DataError(Problem(f"TensorFlow cannot compute this: {error.message.splitlines()[0]}")) from error


@contextlib.contextmanager
def callback_failures(config: Config, callbacks: Sequence[Any]) -> Iterator[None]:
    """Turn what a callback raises into a ConfigError that names the callback, and the line in the user's own code.

    Args:
        config: The config.
        callbacks: Those of its section `callbacks`, in its order.

    Raises:
        ConfigError: In place of an exception that came out of a callback; disk errors and all others pass.
    """
    try:
        yield
    except (DlrunError, Interrupted, OSError):
        raise
    except Exception as error:
        number = _raised_by(callbacks, error)
        if number is None:
            raise
        from dlrun.model.explain import explain, place_in

        spec, place = config.callbacks[number], place_in(config.code, error)
        where = f" (in {place[0]}:{place[1]})" if place else ""
        raise ConfigError(config.problem(spec.path, f"{spec.type} failed: {explain(error)}{where}")) from error


def _raised_by(callbacks: Sequence[Any], error: BaseException) -> int | None:
    """Return the number of the callback in whose method an error was raised, or None."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        itself = frame.f_locals.get("self")
        for number, callback in enumerate(callbacks):
            if itself is callback:
                return number
    return None
