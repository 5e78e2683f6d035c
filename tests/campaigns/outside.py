"""What commands do to the rest of the machine, by their system calls: nothing is connected to, started, or written.

Beside the runs folder only the folder for temporary files may be written to, and by matplotlib, once, its own lists of
the machine's fonts. Secrets in the environment, in git's
configuration and in the home folder's name stay out of what is printed and kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.campaigns.frame import Campaign
from tests.campaigns.sample import ROOT, RUN, make_project

CANARY = "canary-51c0ffee"
CALLS = (
    "connect", "execve", "openat", "open", "creat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "link",
    "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "truncate", "chmod", "sendto", "sendmsg",
)  # fmt: skip
COMMANDS = {
    "train": ["train", "PROJECT/fruit.yaml", "--runs-dir", "BOX/runs"],
    "train several": ["train", "PROJECT/fruit.yaml", "--seeds", "2", "--runs-dir", "BOX/runs"],
    "check": ["check", "PROJECT/fruit.yaml"],
    "check --build": ["check", "--build", "PROJECT/fruit.yaml"],
    "explain": ["explain", "Dense"],
    "schema": ["schema"],
    "summary": ["summary", "PROJECT/fruit.yaml"],
    "config show": ["config", "show", "PROJECT/fruit.yaml"],
    "evaluate": ["evaluate", f"BOX/runs/{RUN}"],
    "predict": ["predict", f"BOX/runs/{RUN}", "PROJECT/fruit.csv"],
    "plot": ["plot", f"BOX/runs/{RUN}"],
    "resume": ["resume", f"BOX/runs/{RUN}", "--more-epochs", "1"],
    "rerun": ["rerun", f"BOX/runs/{RUN}", "--runs-dir", "BOX/runs"],
    "report": ["report", f"BOX/runs/{RUN}"],
    "diagnose": ["diagnose", f"BOX/runs/{RUN}", "-o", "BOX/next.yaml"],
    "compare": ["compare", f"BOX/runs/{RUN}", f"BOX/runs/{RUN}"],
    "diff": ["diff", f"BOX/runs/{RUN}", "PROJECT/fruit.yaml"],
    "export": ["export", f"BOX/runs/{RUN}", "-o", "BOX/script.py"],
    "import": ["import", f"BOX/runs/{RUN}/model.keras"],
    "init": ["init", "PROJECT/fruit.csv", "-o", "BOX/first.yaml"],
    "cv": ["cv", "PROJECT/fruit.yaml", "--folds", "2", "--runs-dir", "BOX/runs"],
    "tag": ["tag", f"BOX/runs/{RUN}", "good", "-m", "to be kept"],
    "rm": ["rm", f"BOX/runs/{RUN}", "--yes"],
    "show": ["show", f"BOX/runs/{RUN}"],
    "ls": ["ls", "--runs-dir", "BOX/runs"],
}
# Python asks for the processor's name; matplotlib, where it has no list yet, for the machine's fonts.
STARTED = ("uname", "fc-list")
OF_MATPLOTLIB = (".cache", ".cache/matplotlib", ".config", ".config/matplotlib")
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC")
_CHANGES = re.compile(r"^\d+ +(creat|rename\w*|mkdir\w*|link\w*|symlink\w*|unlink\w*|truncate|chmod)\(")
_PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"')


def trials(seed: int, fast: bool) -> list[str]:
    """Return the commands."""
    if shutil.which("strace") is None:
        return ["strace is missing"]
    return ["config show"] if fast else list(COMMANDS)


def prepare(place: Path) -> None:
    """Make a project in a home folder and a git repository, with secrets all around."""
    home = place / f"home-{CANARY}"
    project = home / "project"
    (project / ".git").mkdir(parents=True)
    (project / ".git" / "config").write_text(f'[remote "origin"]\n\turl = https://me:{CANARY}@example.org/x.git\n')
    (project / ".git" / "HEAD").write_text("0123456789" * 4 + "\n")
    (home / ".netrc").write_text(f"machine example.org login me password {CANARY}\n")
    make_project(project)


def attempt(trial: str, place: Path) -> str:
    """Run one command under strace."""
    if trial not in COMMANDS:
        return "strace is missing, so no system call was seen (apt install strace)"
    home, box = place.parent / "prepared" / f"home-{CANARY}", place / "box"
    shutil.rmtree(box, ignore_errors=True)
    (box / "tmp").mkdir(parents=True)
    if any("BOX/runs/" in word for word in COMMANDS[trial]):
        code, output, _ = _run("train", box, home)
        assert code == 0, output
    code, output, log = _run(trial, box, home)
    faults = [
        f"exit {code}: {output[-300:]!r}" if code else "",
        *_deeds(log, box, home),
        "a secret was printed" if CANARY in output.replace(str(home), "") else "",
        *(f"a secret is in {path.name}" for path in (box / "runs").rglob("*") if _tells(path)),
    ]
    return "; ".join(filter(None, faults))


def _tells(path: Path) -> bool:
    return path.is_file() and CANARY.encode() in path.read_bytes()


def _run(trial: str, box: Path, home: Path) -> tuple[int, str, list[str]]:
    log = box / "tmp" / "log"
    words = [w.replace("PROJECT", str(home / "project")).replace("BOX", str(box)) for w in COMMANDS[trial]]
    secrets = {"AWS_SECRET_ACCESS_KEY": CANARY, "GITHUB_TOKEN": CANARY, "DATABASE_URL": f"db://me:{CANARY}@host/x"}
    environment = {
        **os.environ,
        **secrets,
        "HOME": str(home),
        "TMPDIR": str(box / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "400", "-o", str(log), "-e", f"trace={','.join(CALLS)}"]
    command = [*strace, sys.executable, "-m", "dlrun", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr, log.read_text(errors="replace").splitlines()


def _deeds(log: list[str], box: Path, home: Path) -> list[str]:
    """Return what was done outside."""
    found = []
    for line in log[1:]:  # the first starts the command itself
        if "ENOENT" in line or " = -1 " in line:
            continue
        paths = _PATHS.findall(line)
        if re.search(r"\b(connect|sendto|sendmsg)\(", line) and "AF_UNSPEC" not in line:
            found.append(f"reached out: {line:.200}")
        elif re.search(r"\bexecve\(", line) and Path(paths[0]).name not in STARTED:
            found.append(f"started {paths[0]}")
        elif _CHANGES.search(line) or (re.search(r"\bopen(at)?\(", line) and _WRITES.search(line)):
            outside = [path for path in paths if not _is_inside(path, box) and not _is_of_matplotlib(path, home)]
            found += [f"wrote {path}" for path in outside]
    return sorted(set(found))


def _is_inside(path: str, box: Path) -> bool:
    """Tell whether a path lies in the sandbox, or is nothing that stays; relative ones belong to a folder inside it."""
    return not path.startswith("/") or path.startswith((f"{box}/", "/dev/", "/proc/self/")) or path == str(box)


def _is_of_matplotlib(path: str, home: Path) -> bool:
    kept = path.startswith(
        (f"{home}/.cache/matplotlib/fontlist-", f"{home}/.cache/fontconfig", "/var/cache/fontconfig")
    )
    return kept or path in [str(home / folder) for folder in OF_MATPLOTLIB]


CAMPAIGN = Campaign(
    "outside", "No command connects to anything, starts anything, or writes anywhere but into its run; secrets stay.",
    trials, attempt, prepare,
)  # fmt: skip
