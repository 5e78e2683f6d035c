"""`dlrun export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import RUNS_DIR, AsJson, RunsDir, Trust


def export(
    run_or_config: Annotated[
        str | None,
        typer.Argument(metavar="RUN|CONFIG", help="A run or a YAML file; default: the latest run.", show_default=False),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="python|keras", help="As what.")] = "python",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; - prints it. Default: ./<name>.py", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Turn a run or a config into something that does without dlrun.

    \b
    dlrun export titanic-001                    titanic-001.py: one Keras script
    dlrun export configs/titanic.yaml -o -      the script of a config, printed
    dlrun export titanic-001 --to keras         titanic-001.keras: the trained network

    The script is what an engineer would write by hand, with pandas, scikit-learn and Keras. On the same machine it
    gives the run's result again: the same rows in each part, the same preprocessing, the same initial weights, the
    same order of rows in every epoch, and so the same weights and scores in the end. What a config uses and such a
    script cannot do is told, a line each, and nothing is written then. A trained network is built anew from the run's
    config and weights, whatever its model.keras holds, and opened by keras.saving.load_model.
    """
    from dlrun.catalog import EXPORTS
    from dlrun.config import load_config
    from dlrun.config.resolved import load_resolved
    from dlrun.errors import ConfigError, Problem, did_you_mean
    from dlrun.export.origin import Exported, Origin
    from dlrun.files import json_text, write_output
    from dlrun.run_dir import RunDir

    if to not in EXPORTS:
        raise ConfigError(Problem(f"--to {to}: there is no such export", did_you_mean(to, EXPORTS)))
    is_config = run_or_config is not None and Path(run_or_config).suffix.lower() in (".yaml", ".yml")
    if is_config:
        run, config = None, load_config(str(run_or_config), trust=trust)
    else:
        run = RunDir.find(run_or_config, runs_dir)
        config = load_resolved(run.resolved, trust=trust)
    printed = str(output) == "-"
    if printed and as_json:
        raise ConfigError(Problem("-o - prints the export itself, and --json one document", "Give a file with -o."))
    folder = Path.cwd() if printed or output is None else output.resolve().parent
    made: Exported = EXPORTS[to](Origin(config, run, folder, trust))
    if printed:
        sys.stdout.flush()
        sys.stdout.buffer.write(made.content)
        return
    path = Path(made.name) if output is None else output
    if path.exists() and not force:
        raise ConfigError(Problem(f"{path} is there already", "Say --force to replace it, or -o another file."))
    write_output(path, made.content)
    document = {"file": str(path.resolve()), "to": to, "bytes": len(made.content)}
    print(json_text(document) if as_json else f"{path}\n", end="")
