"""The trained network as files: arrays for dlrun, a `.keras` file for everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.files import writing
from dlrun.training.arrays import weights_to_bytes

if TYPE_CHECKING:
    from dlrun.run_dir import RunDir
    from dlrun.training.progress import Progress


def save_model(run_dir: RunDir, model: Any, progress: Progress) -> None:
    """Write `checkpoints/final.npz`, seal it, and write `model.keras`.

    A network with layers of the user's own that Keras cannot describe has no `model.keras`; dlrun does not need it.

    Raises:
        DiskError: If a file cannot be written.
    """
    save_arrays(run_dir, model)
    unfinished = run_dir.model.with_name(".unfinished.keras")
    try:
        with writing(run_dir.model):
            model.save(unfinished)
            unfinished.replace(run_dir.model)
    except (NotImplementedError, TypeError, ValueError) as error:
        progress.note(f"model.keras was not written, for Keras cannot describe this network: {error}")
    finally:
        unfinished.unlink(missing_ok=True)


def save_arrays(run_dir: RunDir, model: Any) -> None:
    """Write `checkpoints/final.npz`, and seal it.

    Raises:
        DiskError: If it cannot be written.
    """
    run_dir.write_bytes(run_dir.arrays, weights_to_bytes(model))
    run_dir.seal(run_dir.arrays)
