"""What a stranger can put into a run folder: each kind changes a whole, finished run in a sandbox.

A stranger also makes all hashes agree, so that nothing is refused for them alone.
"""

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

ESCAPES = "\x1b]8;;http://evil/\x07\x1b[31m[bold]<script>alert(1)</script>\x9b2J\u202e\x00\r"
DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "9" * 5000
RESOLVED = "resolved.yaml"
ARRAYS = "checkpoints/final.npz"


class Kind(NamedTuple):
    """A kind of hostile run.

    Args:
        make: Changes the run (its folder, the sandbox).
        refused: The commands that must exit 4; the others may, or do their work without harm.
        sealed: Whether the hashes are made to agree afterwards.
        allowed: Further exit codes of the refusing commands: 3 where the run names data that cannot be read.
    """

    make: Callable[[Path, Path], None]
    refused: tuple[str, ...]
    sealed: bool = True
    allowed: tuple[int, ...] = (4,)


ALL = ("evaluate", "predict", "plot", "show")
LOADING = ("evaluate", "predict")
NONE = ()


def reseal(run: Path) -> None:
    """Make all hashes in run.json agree with the files as they are."""
    from dlrun.run_dir import RunDir

    folder = RunDir(run)
    folder.seal(*(name for name in folder.record["sha256"] if folder.has(name)))


def _link(name: str) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        moved = box / "outside" / Path(name).name
        shutil.move(run / name, moved)
        (run / name).symlink_to(moved)

    return make


def _link_to(name: str, target: str) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        (run / name).unlink()
        (run / name).symlink_to(target)

    return make


def _pipe(name: str) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        (run / name).unlink()
        os.mkfifo(run / name)

    return make


def _text(name: str, text: str | bytes) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        (run / name).write_bytes(text.encode() if isinstance(text, str) else text)

    return make


def _json(name: str, change: Callable[[Any], Any]) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        value = json.loads((run / name).read_text("utf-8"))
        value.pop("checksum", None)
        changed = change(value)
        text = json.dumps(value if changed is None else changed).replace(f'"{HUGE}"', HUGE)
        (run / name).write_text(text, encoding="utf-8")

    return make


def _yaml(*changes: tuple[str, str]) -> Callable[[Path, Path], None]:
    def make(run: Path, box: Path) -> None:
        text = (run / RESOLVED).read_text("utf-8")
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement.replace("BOX", str(box)), text, count=1)
            assert count, pattern
        (run / RESOLVED).write_text(text, encoding="utf-8")

    return make


def _arrays(
    change: Callable[[dict[str, bytes], Path], dict[str, bytes]], **options: Any
) -> Callable[[Path, Path], None]:
    """Change the members of the npz, as bytes."""

    def make(run: Path, box: Path) -> None:
        with zipfile.ZipFile(run / ARRAYS) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(run / ARRAYS, "w", **options) as archive:
            for name, content in change(members, box).items():
                archive.writestr(name, content)

    return make


def _npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


def _first(content: bytes) -> Callable[[dict[str, bytes], Path], dict[str, bytes]]:
    return lambda members, box: {**members, "00000.npy": content}


def _pickled(members: dict[str, bytes], box: Path) -> dict[str, bytes]:
    import numpy as np

    class Bomb:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.system, (f"touch '{box}/outside/executed'",)

    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([Bomb()], dtype=object), allow_pickle=True)
    return {**members, "00000.npy": content.getvalue()}


def _folder_is_a_link(run: Path, box: Path) -> None:
    moved = box / "outside" / "real"
    shutil.move(run, moved)
    run.symlink_to(moved)


def _odd_names(run: Path, box: Path) -> None:
    for name in (ESCAPES.replace("/", "").replace("\0", "") + "-001", "[link=http://x]-002", "\n\r\t-003"):
        shutil.copytree(run, run.parent / name)
    (run / "plots" / "[bold]\x1b[2J\n.png").write_bytes(b"")


def _many_files(run: Path, box: Path) -> None:
    for number in range(3000):
        (run / "plots" / f"{number}.png").touch()
    deep = run / "plots"
    for _ in range(100):
        deep = deep / "d"
        deep.mkdir()


def _code(run: Path, box: Path) -> None:
    (run / "evil.py").write_text(f"open({str(box / 'outside' / 'executed')!r}, 'w')\n", encoding="utf-8")
    _yaml(("^", "code: [evil.py]\n"))(run, box)


def _data_pipe(run: Path, box: Path) -> None:
    os.mkfifo(run / "pipe.csv")
    _yaml(("source: .*", "source: [pipe.csv]"))(run, box)


def _columns(number: int) -> str:
    labels = "".join(f",ripe_probability_{n}" for n in range(number))
    return f"row,part,ripe,ripe_predicted{labels}\n" + f"1,test,0,1{',0.5' * number}\n" * 3


def _set(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


def _checkpoint(change: Callable[[Any], Any]) -> Callable[[Path, Path], None]:
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


def _overwrites(run: Path, box: Path) -> None:
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
    _checkpoint(lambda whole: whole["state"].update(epoch=1, callbacks=[state, *whole["state"]["callbacks"]]))(run, box)


ROW = ("columns", 0)
HEADER = "row,part,ripe,ripe_predicted\n"
WIDE = "epoch" + "".join(f",m{n}" for n in range(200)) + "\n" + ("1" + ",0.5" * 200 + "\n") * 2


def _step(name: str, **arguments: Any) -> Callable[[Path, Path], None]:
    step = {"type": name, "arguments": arguments, "state": {}}
    return _json("preprocessing.json", _set(*ROW, "steps", value=[step]))


KINDS: dict[str, Kind] = {
    # links, pipes, devices
    "the folder is a link": Kind(_folder_is_a_link, ALL, sealed=False),
    "resolved.yaml is a link": Kind(_link(RESOLVED), ALL),
    "the arrays are a link": Kind(_link(ARRAYS), LOADING),
    "checkpoints is a link": Kind(_link("checkpoints"), ALL, sealed=False),
    "plots is a link": Kind(_link("plots"), ALL, sealed=False),
    "run.json is a link": Kind(_link("run.json"), ALL, sealed=False),
    "metrics.json is a link to a secret": Kind(_link_to("metrics.json", "/etc/passwd"), ALL),
    "predictions.csv is a link to a device": Kind(_link_to("predictions.csv", "/dev/zero"), ALL),
    "history.csv is a pipe": Kind(_pipe("history.csv"), NONE),
    "run.json is a pipe": Kind(_pipe("run.json"), ALL, sealed=False),
    "resolved.yaml is a pipe": Kind(_pipe(RESOLVED), LOADING),
    "the arrays are a pipe": Kind(_pipe(ARRAYS), LOADING),
    "metrics.json is a pipe": Kind(_pipe("metrics.json"), NONE),
    "config.yaml is a pipe": Kind(_pipe("config.yaml"), ("show",)),
    # arrays
    "arrays that are pickles": Kind(_arrays(_pickled), LOADING),
    "an array of 4 TiB": Kind(
        _arrays(_first(_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"))), LOADING
    ),
    "an array of negative size": Kind(
        _arrays(_first(_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 6), }"))), LOADING
    ),
    "an array of another type": Kind(
        _arrays(_first(_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (5, 6), }", b"\0" * 240))), LOADING
    ),
    "an array of another shape": Kind(
        _arrays(_first(_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 5), }", b"\0" * 120))), LOADING
    ),
    "an array in another order": Kind(
        _arrays(_first(_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (5, 6), }", b"\0" * 120))), LOADING
    ),
    "an array whose header is code": Kind(_arrays(_first(_npy("__import__('os').system('touch executed')"))), LOADING),
    "an array whose header is deep": Kind(_arrays(_first(_npy("(" * 30000 + ")" * 30000))), LOADING),
    "arrays that are squeezed": Kind(
        _arrays(_first(b"\0" * 200_000_000), compression=zipfile.ZIP_DEFLATED), LOADING
    ),
    "arrays beside the folder": Kind(
        _arrays(lambda m, box: {f"../../../{name}": content for name, content in m.items()}), LOADING
    ),
    "arrays that are missing": Kind(_arrays(lambda m, box: {}), LOADING),
    "thirty thousand arrays": Kind(
        _arrays(lambda m, box: {**m, **{f"{n:05d}.npy": b"" for n in range(30_000)}}), LOADING
    ),
    "arrays that are no zip": Kind(_text(ARRAYS, b"\x89HDF\r\n\x1a\n" + b"\0" * 500), LOADING),
    "arrays that are cut off": Kind(lambda run, box: os.truncate(run / ARRAYS, 400), LOADING),
    "model.keras is a bomb": Kind(
        lambda run, box: _arrays(_first(b"\0" * 10_000_000), compression=zipfile.ZIP_DEFLATED)(run, box)
        or (shutil.move(run / ARRAYS, run / "model.keras") and None),
        LOADING,
    ),
    # run.json
    "run.json is deep": Kind(_text("run.json", DEEP), ALL, sealed=False),
    "run.json holds NaN": Kind(_text("run.json", '{"state": NaN, "sha256": {}}'), ALL, sealed=False),
    "run.json holds a huge number": Kind(_json("run.json", _set("created", value=HUGE)), ALL, sealed=False),
    "run.json holds odd types": Kind(
        _json("run.json", lambda r: {"state": ["x"], "created": {"a": 1}, "name": 7, "sha256": [1], "phase": []}),
        LOADING,
        sealed=False,
    ),
    "run.json is a list": Kind(_text("run.json", "[1, 2]"), ALL, sealed=False),
    "run.json is empty": Kind(_text("run.json", ""), ALL, sealed=False),
    "run.json is no text": Kind(_text("run.json", b"\xff\xfe\x00"), ALL, sealed=False),
    "run.json seals files outside": Kind(
        _json("run.json", lambda r: r["sha256"].update({"../../outside/canary": "0" * 64, "/etc/passwd": "0"})),
        ("show",),
        sealed=False,
    ),
    "run.json holds escapes": Kind(
        _json("run.json", lambda r: r.update(created=ESCAPES, state=ESCAPES, reason=ESCAPES)), NONE, sealed=False
    ),
    "run.json is of the year 1": Kind(
        _json("run.json", _set("created", value="0001-01-01T00:00:00")), NONE, sealed=False
    ),
    # metrics.json, history.csv, predictions.csv
    "metrics.json holds odd types": Kind(_json("metrics.json", _set("test", value={"accuracy": ["x"]})), NONE),
    "metrics.json holds a huge number": Kind(_json("metrics.json", _set("test", "loss", value=10**400)), NONE),
    "metrics.json is deep": Kind(_text("metrics.json", DEEP), NONE),
    "metrics.json is a text": Kind(_text("metrics.json", '"x"'), NONE),
    "metrics.json has parts that are none": Kind(
        _json("metrics.json", lambda m: m.update(train=3, rows="x", baseline=[], parameters={})), NONE
    ),
    "metrics.json holds escapes": Kind(_json("metrics.json", lambda m: m["test"].update({ESCAPES: 0.5})), NONE),
    "predictions.csv holds formulas": Kind(_text("predictions.csv", HEADER + "1,test,=1+1,'=2\n"), NONE),
    "predictions.csv is ragged": Kind(_text("predictions.csv", HEADER + "1,test\n2,a,b,c,d,e\n"), NONE),
    "predictions.csv has one column": Kind(_text("predictions.csv", "ripe_predicted\n1\n"), NONE),
    "predictions.csv has columns twice": Kind(_text("predictions.csv", "row,row,part,part\n1,1,test,test\n"), NONE),
    "predictions.csv has 2,000 classes": Kind(_text("predictions.csv", _columns(2000)), NONE),
    "predictions.csv holds escapes": Kind(
        _text("predictions.csv", f"row,part,ripe,ripe_predicted\n1,test,{ESCAPES!r},$\\frac{{\n2,test,b,c\n"), NONE
    ),
    "predictions.csv has a cell of 5 MB": Kind(
        _text("predictions.csv", "row,part,ripe,ripe_predicted\n1,test,a," + "x" * 5_000_000 + "\n"), NONE
    ),
    "history.csv is ragged": Kind(_text("history.csv", "epoch,loss\n1\n2,3,4\nx,y\n"), NONE),
    "history.csv has no epochs": Kind(_text("history.csv", "loss,val_loss\n0.5,0.5\n"), NONE),
    "history.csv holds what is no number": Kind(
        _text("history.csv", f"epoch,loss\n1,nan\n2,1e999\n{HUGE},0.5\n4,{HUGE}\n"), NONE
    ),
    "history.csv has 200 metrics": Kind(_text("history.csv", WIDE), NONE),
    "history.csv holds escapes": Kind(_text("history.csv", f"epoch,loss,{ESCAPES!r}\n1,0.5,0.5\n"), NONE),
    # resolved.yaml
    "the config names code": Kind(_code, LOADING),
    "the config has a Lambda": Kind(
        _yaml(("- Dense:", "- Lambda: {function: os.system}\n- Dense:")), LOADING
    ),
    "the config loads a saved model": Kind(
        _yaml(("- Dense:", "- TFSMLayer: {filepath: BOX/outside}\n- Dense:")), LOADING
    ),
    "the config reads a vocabulary": Kind(
        _yaml(("- Dense:", "- StringLookup: {vocabulary: /etc/passwd}\n- Dense:")), LOADING
    ),
    "the config extends a file": Kind(_yaml(("^", "extends: BOX/outside/canary\n")), LOADING),
    "the config asks for the environment": Kind(_yaml(("name: .*", "name: ${env:DLRUN_CANARY}")), LOADING),
    "the config has a URL": Kind(_yaml(("source: .*", "source: ['http://127.0.0.1:9/x.csv']")), LOADING),
    "the config names a device": Kind(_yaml(("source: .*", "source: [/dev/zero]")), ("evaluate",), allowed=(3, 4)),
    "the config names a pipe": Kind(_data_pipe, ("evaluate",), allowed=(3, 4)),
    "the config names a folder": Kind(_yaml(("source: .*", "source: [/etc]")), ("evaluate",), allowed=(3, 4)),
    "the config names a pickle": Kind(
        _yaml(("source: .*", "source: [BOX/outside/x.pkl]")), ("evaluate",), allowed=(3, 4)
    ),
    "the network is huge": Kind(_yaml((r"units: 6", "units: 2000000000")), LOADING),
    "the network is deep": Kind(
        _yaml((r"- Dense:", "- repeat: {times: 1000000000, layers: [{Dense: 6}]}\n- Dense:")), LOADING
    ),
    "a hidden huge network": Kind(
        _yaml((r"- Dense:", "- Reshape: [5, 1]\n- LSTM: 60000\n- Dense:")), LOADING
    ),
    "the config has aliases": Kind(_yaml(("^", "vars: {a: &a [1, 1], b: [*a, *a]}\n")), LOADING),
    "the config is deep": Kind(_text(RESOLVED, "layers: " + "[" * 200_000), LOADING),
    "the config is no text": Kind(_text(RESOLVED, b"\xff\xfe"), LOADING),
    "a callback writes elsewhere": Kind(
        _yaml(("^", "callbacks: [{ModelCheckpoint: {filepath: ../../../outside/x.keras}}]\n")), LOADING
    ),
    "config.yaml holds escapes": Kind(_text("config.yaml", f"name: {ESCAPES}\n"), NONE),
    # preprocessing.json and data.json
    "preprocessing.json has wrong lengths": Kind(
        _json("preprocessing.json", _set(*ROW, "names", value=["무게", "sugar", "colour", "x"])), LOADING
    ),
    "preprocessing.json has a huge shape": Kind(
        _json("preprocessing.json", _set(*ROW, "shape", value=[10**12])), LOADING
    ),
    "preprocessing.json has an unknown step": Kind(_step("os.system"), LOADING),
    "preprocessing.json has a Lambda": Kind(_step("Lambda", function="x"), LOADING),
    "preprocessing.json hashes to a billion": Kind(_step("hash", num_buckets=10**9), LOADING),
    "preprocessing.json holds NaN": Kind(_text("preprocessing.json", '{"version": 1, "features": NaN}'), LOADING),
    "preprocessing.json is deep": Kind(_text("preprocessing.json", DEEP), LOADING),
    "preprocessing.json is a number": Kind(_text("preprocessing.json", "7"), LOADING),
    "preprocessing.json has odd types": Kind(_json("preprocessing.json", lambda p: {k: [p] for k in p}), LOADING),
    "preprocessing.json has other targets": Kind(_json("preprocessing.json", _set("targets", value={})), LOADING),
    "data.json is a list": Kind(_text("data.json", "[]"), ("evaluate",)),
    "data.json has odd types": Kind(
        _json("data.json", lambda d: {**d, "files": "x", "baselines": [1], "split": 3}), ("evaluate",)
    ),
    # checkpoints and experiment.json
    "a checkpoint names the file to overwrite": Kind(_overwrites, NONE),
    "a checkpoint is of epoch x": Kind(_checkpoint(_set("state", "epoch", value="x")), NONE),
    "a checkpoint is of epoch -1": Kind(_checkpoint(_set("state", "epoch", value=-1)), NONE),
    "a checkpoint has no state": Kind(_checkpoint(_set("state", value=[])), NONE),
    "a checkpoint has an empty state": Kind(_checkpoint(_set("state", value={})), NONE),
    "a checkpoint has odd callbacks": Kind(_checkpoint(_set("state", "callbacks", value=[7, {"type": []}])), NONE),
    "a checkpoint has odd logs": Kind(
        _checkpoint(_set("state", "logs", value={"kind": "dict", "value": [[[], 1]]})), NONE
    ),
    "a checkpoint has deep logs": Kind(
        _checkpoint(lambda c: c["state"].update(logs=json.loads("[" * 450 + "]" * 450))), NONE
    ),
    "a checkpoint has an odd history": Kind(_checkpoint(_set("state", "history", value='epoch,"loss\n1,2,3')), NONE),
    "a checkpoint has arrays of objects": Kind(_checkpoint(_set("arrays", "variables", 0, value=["O", [1]])), NONE),
    "a checkpoint has an array of 4 TiB": Kind(
        _checkpoint(_set("arrays", "variables", 0, value=["float32", [2**40]])), NONE
    ),
    "experiment.json is a list": Kind(_text("checkpoints/experiment.json", "[]"), NONE),
    "experiment.json has odd types": Kind(
        _json("checkpoints/experiment.json", lambda e: {**e, "data": {"files": [[{}, []]]}, "code": 3}), NONE
    ),
    "experiment.json is deep": Kind(
        _json("checkpoints/experiment.json", lambda e: e["config"].update(x=json.loads("[" * 450 + "]" * 450))), NONE
    ),
    # names
    "names with escapes": Kind(_odd_names, NONE),
    "thousands of files": Kind(_many_files, NONE),
}  # fmt: skip
