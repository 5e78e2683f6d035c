"""How a whole, finished run in a sandbox is made hostile: functions that return or are a `make(run, box)` of a kind."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Make = Callable[[Path, Path], None]
ESCAPES = "\x1b]8;;http://evil/\x07\x1b[31m[bold]<script>alert(1)</script>\x9b2J\u202e\x00\r"
DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "9" * 5000
RESOLVED = "resolved.yaml"
ARRAYS = "checkpoints/final.npz"
MODEL = "model.keras"


class Kind(NamedTuple):
    """A kind of hostile run.

    Args:
        make: Changes the run (its folder, the sandbox).
        refused: The commands that must exit 4; the others may, or do their work without harm.
        sealed: Whether the hashes are made to agree afterwards.
        allowed: Further exit codes of the refusing commands: 3 where the run names data that cannot be read.
    """

    make: Make
    refused: tuple[str, ...]
    sealed: bool = True
    allowed: tuple[int, ...] = (4,)


def reseal(run: Path) -> None:
    """Make all hashes in run.json agree with the files as they are."""
    from dlrun.run_dir import RunDir

    folder = RunDir(run)
    folder.seal(*(name for name in folder.record["sha256"] if folder.has(name)))


def link(name: str) -> Make:
    def make(run: Path, box: Path) -> None:
        moved = box / "outside" / Path(name).name
        shutil.move(run / name, moved)
        (run / name).symlink_to(moved)

    return make


def link_to(name: str, target: str) -> Make:
    def make(run: Path, box: Path) -> None:
        (run / name).unlink()
        (run / name).symlink_to(target)

    return make


def pipe(name: str) -> Make:
    def make(run: Path, box: Path) -> None:
        (run / name).unlink()
        os.mkfifo(run / name)

    return make


def holding(name: str, content: str | bytes) -> Make:
    def make(run: Path, box: Path) -> None:
        (run / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def change_json(name: str, change: Callable[[Any], Any]) -> Make:
    def make(run: Path, box: Path) -> None:
        value = json.loads((run / name).read_text("utf-8"))
        value.pop("checksum", None)
        changed = change(value)
        text = json.dumps(value if changed is None else changed).replace(f'"{HUGE}"', HUGE)
        (run / name).write_text(text, encoding="utf-8")

    return make


def change_yaml(*changes: tuple[str, str]) -> Make:
    def make(run: Path, box: Path) -> None:
        text = (run / RESOLVED).read_text("utf-8")
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement.replace("BOX", str(box)), text, count=1)
            assert count, pattern
        (run / RESOLVED).write_text(text, encoding="utf-8")

    return make


def change_arrays(change: Callable[[dict[str, bytes], Path], dict[str, bytes]], **options: Any) -> Make:
    """Change the members of the npz, as bytes."""

    def make(run: Path, box: Path) -> None:
        with zipfile.ZipFile(run / ARRAYS) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(run / ARRAYS, "w", **options) as archive:
            for name, content in change(members, box).items():
                archive.writestr(name, content)

    return make


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


def first(content: bytes) -> Callable[[dict[str, bytes], Path], dict[str, bytes]]:
    return lambda members, box: {**members, "00000.npy": content}


def pickled(members: dict[str, bytes], box: Path) -> dict[str, bytes]:
    import numpy as np

    class Bomb:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.system, (f"touch '{box}/outside/executed'",)

    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([Bomb()], dtype=object), allow_pickle=True)
    return {**members, "00000.npy": content.getvalue()}


def folder_is_a_link(run: Path, box: Path) -> None:
    moved = box / "outside" / "real"
    shutil.move(run, moved)
    run.symlink_to(moved)


def odd_names(run: Path, box: Path) -> None:
    for name in (ESCAPES.replace("/", "").replace("\0", "") + "-001", "[link=http://x]-002", "\n\r\t-003"):
        shutil.copytree(run, run.parent / name)
    (run / "plots" / "[bold]\x1b[2J\n.png").write_bytes(b"")


def many_files(run: Path, box: Path) -> None:
    for number in range(3000):
        (run / "plots" / f"{number}.png").touch()
    deep = run / "plots"
    for _ in range(100):
        deep = deep / "d"
        deep.mkdir()


def names_code(run: Path, box: Path) -> None:
    (run / "evil.py").write_text(f"open({str(box / 'outside' / 'executed')!r}, 'w')\n", encoding="utf-8")
    change_yaml(("^", "code: [evil.py]\n"))(run, box)


def data_pipe(run: Path, box: Path) -> None:
    os.mkfifo(run / "pipe.csv")
    change_yaml(("source: .*", "source: [pipe.csv]"))(run, box)


def columns(number: int) -> str:
    labels = "".join(f",ripe_probability_{n}" for n in range(number))
    return f"row,part,ripe,ripe_predicted{labels}\n" + f"1,test,0,1{',0.5' * number}\n" * 3


def set_in(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


def change_checkpoint(change: Callable[[Any], Any]) -> Make:
    """Change state.json of the last checkpoint, and make its hashes agree."""

    def make(run: Path, box: Path) -> None:
        folder = max((run / "checkpoints/resume").glob("0*"))
        whole = json.loads((folder / "state.json").read_text("utf-8"))
        changed = change(whole)
        text = json.dumps(whole if changed is None else changed).replace("BOX", str(box))
        (folder / "state.json").write_text(text, encoding="utf-8")
        sums = (
            (hashlib.sha256((folder / name).read_bytes()).hexdigest(), name) for name in ("arrays.bin", "state.json")
        )
        (folder / "SHA256SUMS").write_text("".join(f"{found}  {name}\n" for found, name in sums), encoding="utf-8")

    return make


def overwrites(run: Path, box: Path) -> None:
    """Let a callback of the config write to the file that the checkpoint names."""
    for name in (RESOLVED, "checkpoints/experiment.json"):
        text = (run / name).read_text("utf-8")
        spec = {"ModelCheckpoint": {"filepath": "x.weights.h5", "save_weights_only": True}}
        if name == RESOLVED:
            text += f"callbacks: [{json.dumps(spec)}]\n"
        else:
            document = json.loads(text)
            document["config"]["callbacks"] = [spec]
            text = json.dumps(document)
        (run / name).write_text(text, encoding="utf-8")
    state = {"type": "ModelCheckpoint", "knows_direction": True, "attributes": {"filepath": "BOX/outside/x.weights.h5"}}
    change_checkpoint(lambda whole: whole["state"].update(epoch=1, callbacks=[state, *whole["state"]["callbacks"]]))(
        run, box
    )


def only_step(name: str, **arguments: Any) -> Make:
    step = {"type": name, "arguments": arguments, "state": {}}
    return change_json("preprocessing.json", set_in("columns", 0, "steps", value=[step]))


def change_model(change: Callable[[Any], Any]) -> Make:
    """Change config.json inside model.keras; a text stands there as it is."""

    def make(run: Path, box: Path) -> None:
        with zipfile.ZipFile(run / MODEL) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        value = json.loads(members["config.json"])
        changed = change(value)
        text = changed if isinstance(changed, str) else json.dumps(value if changed is None else changed)
        with zipfile.ZipFile(run / MODEL, "w", compression=zipfile.ZIP_DEFLATED) as archive:
            for name, content in (members | {"config.json": text.encode()}).items():
                archive.writestr(name, content)

    return make


def change_layer(**changes: Any) -> Make:
    """Let the first layer with weights in model.keras be described by this."""

    def change(document: Any) -> None:
        layer = next(layer for layer in document["config"]["layers"] if layer["class_name"] == "Dense")
        layer.update(changes)

    return change_model(change)


def nested_model(document: Any) -> str:
    """Return a model in a model in a model, 5,000 deep."""
    return '{"class_name": "Sequential", "config": {"layers": [' * 5000 + json.dumps(document) + "]}}" * 5000


def many_layers(document: Any) -> None:
    """Describe 200,000 layers."""
    document["config"]["layers"] *= 200_000 // len(document["config"]["layers"])


def writing_code(run: Path, box: Path) -> None:
    """Let the user's code write a file as soon as it is run."""
    code = f"open({str(box / 'outside' / 'executed')!r}, 'w')\n\n\nclass Mine:\n    pass\n"
    (run / "mine.py").write_text(code, encoding="utf-8")
