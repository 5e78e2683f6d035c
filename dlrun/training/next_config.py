"""The next experiment: a config that says only what changes, over the resolved config of the run that it comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config import load_config
from dlrun.config.dump import dump_values, override_text, plain_values
from dlrun.config.overrides import split_key
from dlrun.config.resolved import load_resolved
from dlrun.errors import ConfigError, Problem
from dlrun.files import write_output

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.evaluation.diagnosis.verdict import Verdict
    from dlrun.training.run import Run

_LONGEST_NAME = 64
_WIDTH = 116


@dataclass(frozen=True)
class NextConfig:
    """A config that was written.

    Args:
        file: Where it is.
        config: The config, loaded from there.
        verdict: What it is to mend.
    """

    file: Path
    config: Config
    verdict: Verdict


def write_next(run: Run, verdict: Verdict, file: Path | None = None, *, trust: bool = False) -> NextConfig:
    """Write the config that a verdict asks for.

    It extends the run's resolved.yaml, so whatever the run was trained with holds, however it was given.

    Args:
        run: The run.
        verdict: One with a change.
        file: Where to write it; default: NAME-next.yaml here.
        trust: Whether the config's own code may run.

    Raises:
        ConfigError: If the verdict has no change, the file is there already and says something else, or the change
            does not fit the config.
        DiskError: If it cannot be written.
    """
    if not verdict.change:
        raise ConfigError(Problem(f"no change of the config mends '{verdict.name}'", verdict.remedy))
    name = f"{run.config.name[: _LONGEST_NAME - 5]}-next"
    file = file or Path(f"{name}.yaml")
    changes = [override_text(path, value) for path, value in verdict.change.items()]
    wanted = load_resolved(run.dir.resolved, [*changes, f"name={name}"], trust=trust)
    text = _text(run, verdict, file, wanted, name)
    if file.exists() and file.read_text("utf-8", errors="replace") != text:
        raise ConfigError(
            Problem(f"{file} is there already, and says something else", "Name another one with -o FILE.")
        )
    write_output(file, text.encode("utf-8"))
    config = load_config(file, trust=trust)
    if config != wanted:
        what = f"{file} does not amount to the changed config of {run.dir.name}"
        raise ConfigError(Problem(what, "Pass the change to `dlrun train` yourself."))
    return NextConfig(file, config, verdict)


def _text(run: Run, verdict: Verdict, file: Path, wanted: Config, name: str) -> str:
    base = Path(os.path.relpath(run.dir.resolved.resolve(), file.parent.resolve())).as_posix()
    changed = _nested(verdict.change, plain_values(wanted))
    said = [f"dlrun train {file}", "", f"{run.dir.name}: {verdict.name}. {verdict.reason}", verdict.remedy]
    comment = "\n".join(f"# {line}".rstrip() for text in said for line in _wrapped(text))
    return f"{comment}\n\n{dump_values({'extends': base, 'name': name}, flow=False)}\n{dump_values(changed)}"


def _nested(change: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changed keys with what lies above them; a list, which `extends` replaces, is written whole."""
    nested: dict[str, Any] = {}
    for path in change:
        keys = split_key(path)
        here, there, position = nested, values, 0
        while position < len(keys) - 1 and isinstance(there.get(keys[position]), Mapping):
            here, there = here.setdefault(keys[position], {}), there[keys[position]]
            position += 1
        here[keys[position]] = there.get(keys[position])  # None, which removes it, where it is gone
    return nested


def _wrapped(text: str) -> list[str]:
    import textwrap

    from dlrun.private import without_secrets

    shown = "".join(character if character.isprintable() else " " for character in str(without_secrets(text)))
    return textwrap.wrap(shown, _WIDTH) or [""]
