"""What a run ran on: versions, processor, threads, commit. No paths, no user names, no secrets."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dlrun.files import open_plain

PACKAGES = ("dlrun", "tensorflow", "keras", "numpy", "pandas", "pyarrow", "scikit-learn", "matplotlib", "pydantic")
# Only these, and they hold switches and numbers; everything else in the environment may be a secret.
VARIABLES = (
    "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "OMP_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL", "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS",
)  # fmt: skip
PLAIN_VALUE = re.compile(r"[\w.,:+-]{0,64}")
LARGEST_PACK = 2**24  # bytes of git's packed references
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def environment_record(config_file: Path, packages: Iterable[str] = ()) -> dict[str, Any]:
    """Return the record for environment.json; TensorFlow must have been started.

    Args:
        config_file: The config; the git commit is that of the repository around it.
        packages: Distributions that the config needs besides dlrun's own.
    """
    import tensorflow as tf

    from dlrun.training.runtime import is_deterministic, threads_in_use

    devices = [_device(device) for device in tf.config.list_physical_devices()]
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads_in_use(),
        "devices": devices,
        "deterministic": is_deterministic(),
        "packages": {name: found for name in (*PACKAGES, *packages) if (found := _version(name)) is not None},
        "git_commit": git_commit(config_file.resolve().parent),
        "variables": {
            name: value
            for name in VARIABLES
            if (value := os.environ.get(name)) is not None and PLAIN_VALUE.fullmatch(value)
        },
    }


def _device(device: Any) -> str:
    """Return a device's kind, of a GPU with its maker's name: another one gives other last bits."""
    import tensorflow as tf

    details = tf.config.experimental.get_device_details(device) if device.device_type == "GPU" else {}
    return " ".join(filter(None, (device.device_type, details.get("device_name"))))


def git_commit(folder: Path) -> str | None:
    """Return the commit checked out around `folder`, read from git's files without running git.

    Running git inside a stranger's repository would run what its configuration names.
    """
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return _commit_of(git)
        if git.exists():  # a worktree or submodule points elsewhere; its commit is not worth following links for
            return None
    return None


def _commit_of(git: Path) -> str | None:
    head = _first_line(git / "HEAD")
    if not head.startswith("ref: "):
        return head if COMMIT.fullmatch(head) else None
    reference = head.removeprefix("ref: ").strip()
    if ".." in Path(reference).parts or Path(reference).is_absolute():
        return None
    commit = _first_line(git / reference) or _packed(git / "packed-refs", reference)
    return commit if COMMIT.fullmatch(commit) else None


def _first_line(path: Path) -> str:
    return _text(path, 4096).partition("\n")[0].strip()


def _packed(path: Path, reference: str) -> str:
    lines = _text(path, LARGEST_PACK).splitlines()
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {reference}")), "")


def _text(path: Path, most: int) -> str:
    """Return the beginning of an ordinary file; the folder around a config may be a stranger's."""
    try:
        with open_plain(path) as file:
            return file.read(most).decode("utf-8", errors="replace")
    except OSError:  # there is none, or it may not be read: then there is no commit to tell
        return ""


def _processor() -> str:
    """Return the processor's name; Linux tells it only in /proc."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


@cache  # the packages of a process stay as they are, and looking takes a while
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
