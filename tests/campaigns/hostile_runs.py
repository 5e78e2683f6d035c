"""Run folders and archives of strangers: refused with exit 4, quickly, and nothing outside the run is touched.

Every command that opens a run, or a config, model, table or code that lies in one, is tried on every kind of hostile
run that `hostile_kinds.py` makes; `hostile_commands.py` says how it is called and what it may answer.
"""

from __future__ import annotations

import ast
import contextlib
import unicodedata
from functools import cache
from pathlib import Path

from tests.campaigns.frame import Campaign, share
from tests.campaigns.hostile_commands import COMMANDS, allowed_codes, arguments, is_ordinary
from tests.campaigns.hostile_kinds import KINDS
from tests.campaigns.hostile_makers import reseal
from tests.campaigns.hostile_sandbox import TOKEN, Done, fingerprint, import_everything, make_sandbox, run_watched
from tests.campaigns.sample import make_project

SECONDS, MEGABYTES = 2.0, 300  # beyond those of the same command on an honest run
SCRIPT = "<script>alert(1)"  # stands in many names of the hostile kinds


def attempt(trial: tuple[str, str], place: Path) -> str:
    """Try one command on one kind of hostile run."""
    kind_name, command = trial
    import_everything()
    normal = _normal(command, place)
    kind = KINDS[kind_name]
    run, box = make_sandbox(place, COMMANDS[command].run)
    kind.make(run, box)
    if kind.sealed:
        reseal(run)
    if command == "resume":
        _leave_unfinished(run)
    gone = run.name if command == "rm" else ""
    before = fingerprint(box, gone)
    done = run_watched(arguments(command, run, box), run, box)
    codes = allowed_codes(command, kind_name, kind)
    wrong = [
        "" if done.code in codes else f"exit {done.code}, not {sorted(codes)}: {done.output[-300:]!r}",
        f"took {done.seconds - normal.seconds:.1f} s more" if done.seconds > normal.seconds + SECONDS else "",
        f"took {done.megabytes - normal.megabytes:.0f} MB more"
        if done.megabytes > normal.megabytes + MEGABYTES
        else "",
        "changed files outside the run" if fingerprint(box, gone) != before else "",
        done.deeds,
        "a traceback" if "Traceback" in done.output else "",
        "showed the canary" if TOKEN in done.output and not is_ordinary(command, kind_name) else "",
        _unprintable(done.output),
        _written(run, box) if done.code == 0 else "",
    ]
    return "; ".join(filter(None, wrong))


def _leave_unfinished(run: Path) -> None:
    """Let an otherwise readable run be one that was cut off."""
    from dlrun.errors import RunError
    from dlrun.run_dir import RunDir

    if not run.is_symlink() and RunDir(run).has("run.json"):
        with contextlib.suppress(RunError):
            RunDir(run).update(state="interrupted")


def _unprintable(output: str) -> str:
    hidden = {c for c in output if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    return f"printed {sorted(hidden)!r}" if hidden else ""


def _written(run: Path, box: Path) -> str:
    """Return what is wrong with a page or a script that was written: a stranger's words must not become code."""
    script = box / "home" / "script.py"
    if any(SCRIPT in page.read_text("utf-8") for page in run.glob("report*.html")):
        return "a script of the stranger's is in the page"
    if script.is_file():
        ast.parse(script.read_text("utf-8"))
    return ""


@cache
def _normal(command: str, place: Path) -> Done:
    """Return what the command needs on an honest run."""
    run, box = make_sandbox(place, COMMANDS[command].run)
    if command == "resume":
        _leave_unfinished(run)
    done = run_watched(arguments(command, run, box), run, box)
    assert done.code == 0, (command, done.output)
    assert not done.deeds, done.deeds
    return done


def trials(seed: int, fast: bool) -> list[tuple[str, str]]:
    """Return kinds and commands: each kind with every command; for the fast part a few, no two alike."""
    every = [(kind, command) for kind in KINDS for command in COMMANDS]
    return share(every, fast, 11)


CAMPAIGN = Campaign(
    "hostile_runs",
    "A stranger's run is refused, or shown without harm: exit 4, under 2 s and 300 MB more, nothing touched outside.",
    trials,
    attempt,
    make_project,
    own_process=True,
)
