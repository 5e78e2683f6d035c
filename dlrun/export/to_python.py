"""`--to python`: one Keras script."""

from __future__ import annotations

from dlrun.export.origin import Exported, Origin


def to_python(origin: Origin) -> Exported:
    """Return a script that does without dlrun and gives the run's result.

    Raises:
        ConfigError: With a line for everything that such a script cannot do.
    """
    from dlrun.export.script import script

    content = script(origin.config, origin.facts, origin.beside)
    return Exported(f"{origin.name}.py", content.encode("utf-8"))
