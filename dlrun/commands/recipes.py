"""`dlrun recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlrun.commands.options import AsJson

recipes_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Example configs to begin with.")


@recipes_app.command("ls")
def recipes_ls(as_json: AsJson = False) -> None:
    """List the example configs, and what each of them shows.

    \b
    dlrun recipes ls
    dlrun recipes ls --json      also what to expect of each
    """
    from dataclasses import asdict

    from dlrun.files import json_text
    from dlrun.recipe_files import recipes

    found = recipes()
    if as_json:
        print(json_text([asdict(recipe) for recipe in found]), end="")
        return
    from dlrun.console.terminal import table

    table(["recipe", "what it shows"], [[recipe.name, recipe.about] for recipe in found], right=[])


@recipes_app.command("cp")
def recipes_cp(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The recipe, as `dlrun recipes ls` names it.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the example config NAME with its data, so that it trains where it is.

    \b
    dlrun recipes cp titanic            titanic.yaml and data/titanic.0.csv, here
    dlrun recipes cp digits_cnn first   into the folder first
    """
    from dlrun.console.terminal import say_whole
    from dlrun.console.text import count
    from dlrun.files import json_text
    from dlrun.recipe_files import copy_recipe

    files = copy_recipe(name, folder, force=force)
    if as_json:
        print(json_text({"config": str(files[0]), "files": [str(file) for file in files]}), end="")
        return
    for file in files[:6]:
        say_whole(file)
    if len(files) > 6:
        say_whole(f"and {count(len(files) - 6, 'file')} more")
    say_whole(f"go on with: dlrun train {files[0]}")
