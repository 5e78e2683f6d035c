"""Folders of images: Keras's pixels in Keras's order, and what is told of folders that are not as they should be."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlrun.config import Config, load_config
from dlrun.data.columns import columns_of
from dlrun.data.load import load_dataset, load_new_table
from dlrun.data.table import Dataset
from dlrun.errors import ConfigError, DataError
from dlrun.lazy_rows import LazyRows, stays_lazy

Configure = Callable[..., Config]


def write_image(path: Path, size: tuple[int, int] = (6, 4), mode: str = "RGB", seed: int = 0) -> None:
    """Write random pixels, `size` is (height, width)."""
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, *channels), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two classes of images, 6 x 4 pixels."""
    for n in range(8):
        write_image(tmp_path / "pictures" / ("cat" if n % 2 else "a dog") / f"{n}.png", seed=n)
    return tmp_path / "pictures"


def configured(configure: Configure, read: dict[str, Any] | None = None, **data: Any) -> Config:
    return configure(
        {"source": "pictures", "target": None, "read": read or {}, **data}, loss="sparse_categorical_crossentropy"
    )


def pixels_of(dataset: Dataset) -> np.ndarray[Any, Any]:
    images = dataset.parts["train"].columns(["image"])["image"]
    return np.asarray(images[:])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("read", "color_mode", "size", "interpolation"),
    [
        ({}, "rgb", (6, 4), "bilinear"),
        ({"color_mode": "grayscale"}, "grayscale", (6, 4), "bilinear"),
        ({"color_mode": "rgba", "image_size": [3, 5]}, "rgba", (3, 5), "bilinear"),
        ({"image_size": [9, 9], "interpolation": "nearest"}, "rgb", (9, 9), "nearest"),
        ({"image_size": [5, 2], "interpolation": "bicubic"}, "rgb", (5, 2), "bicubic"),
    ],
)
def test_pixels_labels_and_order_are_keras_s(
    read: dict[str, Any],
    color_mode: str,
    size: tuple[int, int],
    interpolation: str,
    stream: bool,
    folder: Path,
    configure: Configure,
) -> None:
    import keras

    if color_mode != "rgba":
        write_image(folder / "cat/below/0.jpg", seed=20)
    if color_mode == "rgb":
        write_image(folder / "cat/B.bmp", seed=21)
        write_image(folder / "a dog/C.GIF", mode="L", seed=22)
    expected = keras.utils.image_dataset_from_directory(
        folder, batch_size=None, shuffle=False, color_mode=color_mode, image_size=size, interpolation=interpolation,
        verbose=False,
    )  # fmt: skip
    dataset = load_dataset(configured(configure, read, stream=stream))
    train = dataset.parts["train"]
    assert stays_lazy(train.tensors["image"]) == stream
    np.testing.assert_array_equal(pixels_of(dataset), np.stack([image for image, _ in expected]))
    classes = ["a dog", "cat"]
    assert [classes.index(label) for label in train.frame["label"]] == [int(label) for _, label in expected]
    assert train.origins is not None
    files = train.origins.file_names(range(len(train)))
    assert files == [str(Path(path).relative_to(folder.parent)) for path in expected.file_paths]


def test_labels_are_the_target_and_rows_are_split_like_any(folder: Path, configure: Configure) -> None:
    from sklearn.model_selection import train_test_split

    config = configured(configure, split={"test": 4, "stratify": True})
    assert config.data is not None
    assert config.data.target == ("label",)
    parts = load_dataset(config).parts
    labels = ["a dog"] * 4 + ["cat"] * 4
    train, test = train_test_split(range(8), test_size=4, random_state=0, stratify=labels)
    assert [*parts["train"].frame.index] == train
    assert [*parts["test"].frame.index] == test


def test_parts_may_be_folders_of_their_own(folder: Path, configure: Configure) -> None:
    shutil.copytree(folder, folder.parent / "more")
    write_image(folder.parent / "more/cat/9.png", seed=9)
    for stream in (False, True):
        dataset = load_dataset(configured(configure, test_source="more", stream=stream))
        assert {part: len(table) for part, table in dataset.parts.items()} == {"train": 8, "test": 9}
        test = dataset.parts["test"].columns(["image"])["image"]
        last = np.asarray(Image.open(folder.parent / "more/cat/9.png"))
        np.testing.assert_array_equal(test[np.array([8])][0], last)
        assert any(note.startswith("8 of 9 test rows are training rows too") for note in dataset.notes)


def test_a_class_folder_alone_has_no_labels(folder: Path, configure: Configure) -> None:
    message = r"data.source: the images in pictures/cat are in no class folders, .* Name the folder above"
    config = configured(configure, source="pictures/cat")
    with pytest.raises(ConfigError, match=message):
        load_dataset(config)
    with pytest.raises(ConfigError, match=message):
        load_config(config.file, columns_of=columns_of)
    with pytest.raises(ConfigError, match=r"no column 'kind' in .*pictures\. There are: image, label"):
        load_config(config.file, [f"data.source={folder}", "data.target=kind"], columns_of=columns_of)


def test_a_glob_or_list_of_folders(folder: Path, configure: Configure) -> None:
    shutil.copytree(folder, folder.parent / "pictures2")
    for source in ("pictures*", ["pictures", "pictures2"]):
        config = configured(configure, source=source)
        assert config.data is not None
        assert config.data.target == ("label",)
        dataset = load_dataset(config)
        assert len(dataset.parts["train"]) == 16
        assert [Path(file["path"]).name for file in dataset.files] == ["pictures", "pictures2"]
        assert dataset.files[0]["sha256"] == dataset.files[1]["sha256"]


def test_new_images_need_no_label(folder: Path, configure: Configure) -> None:
    config = configured(configure)
    flat = load_new_table([folder / "cat"], config, need_target=False)
    assert list(flat.frame.columns) == []
    files = load_new_table([folder / "cat/1.png", folder / "a dog/0.png"], config, need_target=False)
    assert files.tensors["image"].shape == (2, 6, 4, 3)
    assert files.origins is not None
    assert files.origins.row(1) == str(folder / "a dog/0.png")


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """Return a PNG file whose header claims this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def _empty_class(folder: Path) -> None:
    (folder / "bird").mkdir()
    (folder / "bird/notes.md").write_text("no birds yet")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_empty_class, r"pictures/bird: a class folder without images\. Put images in it, or take it away"),
        (lambda f: (f / "cat/1.png").write_bytes((f / "cat/1.png").read_bytes()[:60]), "cat/1.png: is no whole image"),
        (lambda f: (f / "cat/1.png").write_bytes(b"not a picture"), "cat/1.png: is no whole image"),
        (lambda f: os.mkfifo(f / "cat/pipe.png"), "cat/pipe.png: is no whole image"),
        (lambda f: (f / "cat/1.png").write_bytes(b""), "cat/1.png: is empty"),
        (lambda f: (f / "cat/1.png").write_bytes(b"RIFF\0\0\0\0WEBPVP8 "), "cat/1.png: is an image of a format that"),
        (lambda f: (f / "cat/1.png").write_bytes(png(60_000, 60_000)), "cat/1.png: claims far too many pixels"),
        (lambda f: (f / "cat/1.png").write_bytes(png(12_000, 12_000)), "claims 12,000 x 12,000 pixels"),
        (lambda f: (f / "cat/x.png").symlink_to(f / "gone.png"), "cat/x.png: is a link to nothing"),
        (lambda f: (f / "cat/x.png").mkdir(), None),
        (lambda f: shutil.rmtree(f / "cat"), "all training rows have the same 'label': a dog"),
        (lambda f: [shutil.rmtree(f / name) for name in ("cat", "a dog")], "is a folder that holds no images"),
    ],
)
def test_what_is_wrong_is_named(
    spoil: Callable[[Path], Any], message: str | None, folder: Path, configure: Configure
) -> None:
    spoil(folder)
    if message is None:
        assert len(load_dataset(configured(configure)).parts["train"]) == 8
        return
    with pytest.raises(DataError, match=message):
        pixels_of(load_dataset(configured(configure)))


def test_a_broken_image_is_named_when_its_pixels_are_wanted(folder: Path, configure: Configure) -> None:
    whole = (folder / "cat/1.png").read_bytes()
    (folder / "cat/1.png").write_bytes(whole[:-40])  # the header is as it should be
    images = load_dataset(configured(configure, stream=True)).parts["train"].tensors["image"]
    assert isinstance(images, LazyRows)
    assert images[np.arange(4)].shape == (4, 6, 4, 3)
    with pytest.raises(DataError, match=r"cat/1\.png: is no whole image"):
        images[np.arange(3, 6)]


def test_mixed_sizes_name_the_key(folder: Path, configure: Configure) -> None:
    write_image(folder / "cat/x.png", (5, 5))
    with pytest.raises(ConfigError) as caught:
        load_dataset(configured(configure))
    message = str(caught.value)
    assert "differ in size (height x width): 8 of 6 x 4, 1 of 5 x 5" in message
    assert "read: {image_size: [6, 4]}" in message
    assert pixels_of(load_dataset(configured(configure, {"image_size": [6, 4]}))).shape == (9, 6, 4, 3)


@pytest.mark.parametrize(
    ("name", "color_mode", "message"),
    [
        (
            "x.gif",
            "grayscale",
            "cat/x.gif: is a gif image in colour, which cannot be read as grayscale. Save it as png",
        ),
        ("x.bmp", "rgba", "cat/x.bmp: is a bmp image in colour, which cannot be read as rgba"),
        ("x.jpg", "rgba", "cat/x.jpg: is a jpeg image in colour, which cannot be read as rgba"),
    ],
)
def test_formats_that_tensorflow_does_not_convert(
    name: str, color_mode: str, message: str, folder: Path, configure: Configure
) -> None:
    write_image(folder / "cat" / name)
    with pytest.raises(DataError, match=message):
        load_dataset(configured(configure, {"color_mode": color_mode}))


def test_what_is_left_out_or_converted_is_told(folder: Path, configure: Configure) -> None:
    write_image(folder / "cat/x.png", mode="RGBA")
    write_image(folder / "cat/y.png", mode="L")
    write_image(folder / "top.png")
    (folder / "cat/a.tif").write_bytes(b"II*\0")
    (folder / "cat/.DS_Store").write_bytes(b"")
    (folder / ".cache").mkdir()
    write_image(folder.parent / "elsewhere/z.png")
    (folder / "cat/linked").symlink_to(folder.parent / "elsewhere")
    notes = " ".join(load_dataset(configured(configure)).notes)
    assert "8 in colour, 1 with transparency, 1 grey; all are read as rgb; transparency is left out." in notes
    assert "1 image was beside the class folders" in notes
    assert "no image ('a.tif'); save .tif as png" in notes
    assert "1 linked folder was" in notes
    write_image(folder / "cat/x.png", mode="L")


def test_grey_images_need_one_channel(folder: Path, configure: Configure) -> None:
    for path in folder.rglob("*.png"):
        write_image(path, mode="L")
    notes = load_dataset(configured(configure)).notes
    assert any("are grey: read: {color_mode: grayscale} gives one channel in place of 3." in note for note in notes)


def test_memory_decides_whether_pixels_are_kept(
    folder: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dlrun.data import stream_or_not

    monkeypatch.setattr(stream_or_not, "machine_memory", lambda: 3_000)  # of which the 8 images may take 600 bytes
    dataset = load_dataset(configured(configure))
    assert not stays_lazy(dataset.parts["train"].tensors["image"])  # 8 * 72 are 576
    monkeypatch.setattr(stream_or_not, "machine_memory", lambda: 2_500)
    dataset = load_dataset(configured(configure))
    assert stays_lazy(dataset.parts["train"].tensors["image"])
    assert any("decoded batch by batch (stream)" in note for note in dataset.notes)
    dataset = load_dataset(configured(configure, stream=False))
    assert not stays_lazy(dataset.parts["train"].tensors["image"])
    monkeypatch.setattr(stream_or_not, "machine_memory", lambda: 3_000)
    sections = {"preprocessing": {"columns": {"image": {"Rescaling": "1/255"}}}}
    scaled = load_dataset(configured(lambda data, **rest: configure(data, **rest, **sections)))
    assert stays_lazy(scaled.parts["train"].tensors["image"])  # 8 * 72 * 5: bytes, and what becomes of them


def test_the_hash_of_a_folder_is_that_of_names_and_bytes(folder: Path, configure: Configure) -> None:
    def found() -> str:
        return str(load_dataset(configured(configure)).files[0]["sha256"])

    before = found()
    assert found() == before
    (folder / "cat/1.png").rename(folder / "cat/2.png")
    renamed = found()
    assert renamed != before
    write_image(folder / "cat/2.png", seed=99)
    assert found() not in (before, renamed)


def test_duplicates_are_found_without_decoding(folder: Path, configure: Configure) -> None:
    shutil.copy(folder / "cat/1.png", folder / "cat/8.png")
    for stream in (False, True):
        config = configured(configure, stream=stream, prepare=["drop_duplicates"] if not stream else [])
        dataset = load_dataset(config)
        assert len(dataset.parts["train"]) == (9 if stream else 8)
