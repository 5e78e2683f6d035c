"""`dlrun schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import AsJson, Code


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False)
    ] = None,
    code: Code = None,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of the config language, for completion, help and red underlines in editors.

    \b
    dlrun schema -o dlrun.schema.json

    VS Code with the YAML extension, and every other editor that runs yaml-language-server, uses it where the first
    line of a config says so:

    \b
    # yaml-language-server: $schema=dlrun.schema.json
    """
    import json

    from dlrun.config.json_schema import json_schema
    from dlrun.config.own import names_of_existing
    from dlrun.console.text import clean
    from dlrun.files import write_output

    text = json.dumps(json_schema(names_of_existing(code or ())), ensure_ascii=False) + "\n"
    if output is None:
        print(text, end="")
        return
    write_output(output, text.encode())
    print(json.dumps({"file": str(output)}) if as_json else clean(output))
