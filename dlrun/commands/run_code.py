"""The user's own code that a run was trained with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlrun.run_dir import RunDir


def load_run_code(run: RunDir) -> None:
    """Run the `code` files of a run's config, so that the plots they register are known.

    Only for a user who said --trust.
    """
    from dlrun.config.resolved import load_resolved
    from dlrun.model.user_code import load_user_code

    load_user_code(load_resolved(run.resolved, trust=True), trust=True)
