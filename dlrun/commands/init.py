"""`dlrun init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlrun.commands.options import AsJson

if TYPE_CHECKING:
    from dlrun.first_config.look import Look


def init(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A table: csv, tsv, parquet, xlsx, jsonl.")],
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The config; default: the data's name, here.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at DATA and write a first config for it that can be trained at once.

    \b
    dlrun init configs/data/titanic.0.csv                     writes titanic.0.yaml
    dlrun init houses.xlsx --target price -o first.yaml
    dlrun init houses.csv --json                              what was found, column by column

    Found out are: encoding, separator and header; the target (as told, else by a usual name such as target, label or
    class, else the last column that can be one); whether it is a number or a class; codes that are categories; missing
    values; and columns to leave out: ids, constants, free text, times, and those that give the target away. The config
    says why of each.
    """
    import re

    from dlrun.config import load_config
    from dlrun.data.columns import columns_of
    from dlrun.errors import ConfigError, Problem
    from dlrun.files import json_text, write_output
    from dlrun.first_config.look import look_at
    from dlrun.first_config.write import config_text

    stem = re.sub(r"[^\w.-]+", "-", data.stem).strip(".-") or "first"
    file = output if output is not None else Path(f"{stem}.yaml")
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise ConfigError(Problem(f"{file} does not end in .yaml", "A config is a YAML file: -o first.yaml."))
    if file.exists() and not force:
        raise ConfigError(Problem(f"{file} is there already", "Write over it with --force, or elsewhere with -o FILE."))
    look = look_at(data, target)
    write_output(file, config_text(look, file).encode())
    load_config(file, columns_of=columns_of)
    if as_json:
        print(json_text(_document(look, file)), end="")
    else:
        _show(look, file)


def _document(look: Look, file: Path) -> dict[str, object]:
    used = {column.name for column in look.used}
    return {
        "config": str(file),
        "data": str(look.file),
        "rows": look.rows,
        "read": look.read,
        "target": {"name": look.target.name, "why": look.target.why, "missing": look.target.missing},
        "task": look.target.task,
        "columns": [
            {"name": c.name, "used": c.name in used, "role": c.role, "why": c.why, "missing": c.missing}
            for c in look.columns
        ],
    }


def _show(look: Look, file: Path) -> None:
    from dlrun.console.terminal import say, say_whole
    from dlrun.console.text import count

    target = look.target
    classes = f", {len(target.counts)} classes" if target.task == "multiclass" else ""
    say(f"{count(look.rows, 'row')}; target: {target.name} ({target.why}); {target.task}{classes}")
    codes = [column.name for column in look.used if column.is_code]
    if codes:
        say(f"categories written as numbers: {', '.join(codes)}")
    gaps = [f"{column.name} ({column.missing:,})" for column in look.used if column.missing]
    if gaps:
        say(f"missing values that are filled: {', '.join(gaps)}")
    for column in look.dropped:
        say(f"left out: {column.name}: {column.why}")
    say(f"written: {file}; go on with")
    say_whole(f"  dlrun train {file}")
