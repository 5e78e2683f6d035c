"""Weights to a file and back; what comes back may be damaged or made to harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.errors import RunError
from dlrun.run_dir import RunDir
from dlrun.training.arrays import load_weights, weights_to_bytes


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    return RunDir.create(tmp_path, "a")


def store(run_dir: RunDir, content: bytes) -> None:
    run_dir.write_bytes(run_dir.arrays, content)
    run_dir.seal(run_dir.arrays)


def npz(arrays: list[np.ndarray[Any, Any]], save: Callable[..., None] = np.savez) -> bytes:
    content = io.BytesIO()
    save(content, **{f"{i:05d}": array for i, array in enumerate(arrays)})
    return content.getvalue()


def test_weights_come_back_bit_for_bit(run_dir: RunDir, build: Callable[..., Any]) -> None:
    model, other = build(), build()
    other.set_weights([weight + 1 for weight in other.get_weights()])
    store(run_dir, weights_to_bytes(model))
    load_weights(other, run_dir)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))
    assert weights_to_bytes(other) == weights_to_bytes(model)


def test_any_changed_byte_is_found(run_dir: RunDir, build: Callable[..., Any]) -> None:
    model = build()
    content = weights_to_bytes(model)
    store(run_dir, content)
    flipped = [content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :] for i in range(0, len(content), 97)]
    for damaged in [*flipped, content[:-1], content + b"0"]:
        run_dir.arrays.write_bytes(damaged)
        with pytest.raises(RunError, match="damaged or changed"):
            load_weights(model, run_dir)


def bomb(arrays: list[np.ndarray[Any, Any]]) -> bytes:
    """A header that declares 4 TiB before a few bytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (2**40,)})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for i in range(len(arrays)):
            archive.writestr(f"{i:05d}.npy", header.getvalue() + b"1234")
    return content.getvalue()


def pickled(arrays: list[np.ndarray[Any, Any]]) -> bytes:
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, **{f"{i:05d}": np.array([{}] * 8) for i in range(len(arrays))})
    return content.getvalue()


def short(arrays: list[np.ndarray[Any, Any]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(npz(arrays))) as whole, zipfile.ZipFile(content, "w") as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name)[:-4])
    return content.getvalue()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda arrays: npz(arrays[:-1]), "arrays, the network"),
        (lambda arrays: npz([a.T for a in arrays]), r"array 0 is float32\[8, 4\], the network's float32\[4, 8\]"),
        (lambda arrays: npz([a.astype("float16") for a in arrays]), "array 0 is float16"),
        (lambda arrays: npz([a.astype(">f4") for a in arrays]), "array 0 is >f4"),
        (lambda arrays: npz([np.zeros((300, 300), "float32")] * len(arrays)), "larger than this network's weights"),
        (lambda arrays: npz([np.zeros(2000, "float32"), *arrays[1:]]), "bytes, the network's"),
        (lambda arrays: npz(arrays, np.savez_compressed), "bytes, the network's"),
        (bomb, r"array 0 is float32\[1099511627776\]"),
        (pickled, "array 0 is object"),
        (short, "bytes of numbers"),
        (lambda arrays: b"PK\x03\x04 no archive", "not a zip file"),
    ],
)
def test_what_does_not_fit_is_refused(
    run_dir: RunDir, build: Callable[..., Any], make: Callable[[Any], bytes], message: str
) -> None:
    """Sealed by whoever made it, so the hash is right and only the content is wrong."""
    model = build()
    before = model.get_weights()
    store(run_dir, make(before))
    with pytest.raises(RunError, match=message):
        load_weights(model, run_dir)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_run_without_arrays_did_not_finish(run_dir: RunDir, build: Callable[..., Any]) -> None:
    with pytest.raises(RunError, match="did not finish"):
        load_weights(build(), run_dir)
