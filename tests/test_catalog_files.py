"""The catalog of a Keras that the package has none for: made once, kept, and made again where it is damaged."""

import json
import shutil
import sys

import keras
import pytest

from dlrun import catalog_files
from dlrun.catalog_files import CATALOG_NAME, PACKAGE, cache_folder, installed_keras, read_catalog


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the cache's folder for the installed Keras, while the package has the files of an older one."""
    package = tmp_path / "package"
    package.mkdir()
    content = json.loads((PACKAGE / CATALOG_NAME).read_text("utf-8"))
    del content["layers"]["Dense"]
    (package / CATALOG_NAME).write_text(json.dumps({**content, "keras": "3.0.0"}), "utf-8")
    monkeypatch.setattr(catalog_files, "PACKAGE", package)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    read_catalog.cache_clear()
    yield tmp_path / "cache/dlrun" / f"keras-{keras.__version__}"
    read_catalog.cache_clear()


@pytest.fixture
def made(monkeypatch):
    """Let the package's real files stand for what the process would make; return how often it was asked."""
    asked = []

    def make(command, **options):
        asked.append(command)
        shutil.copy(PACKAGE / CATALOG_NAME, command[-1])
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(catalog_files.subprocess, "run", make)
    return asked


def test_the_version_is_read_without_keras():
    assert installed_keras() == keras.__version__ == json.loads((PACKAGE / CATALOG_NAME).read_text("utf-8"))["keras"]


@pytest.mark.slow
def test_it_is_made_by_a_process_of_its_own(cache, caplog):
    assert "Dense" in read_catalog()["layers"]
    assert [record.getMessage() for record in caplog.records] == [
        f"note: reading the names and arguments of Keras {keras.__version__} from Keras itself; this is done once"
    ]
    assert (cache / CATALOG_NAME).read_bytes() == (PACKAGE / CATALOG_NAME).read_bytes()
    assert [path.name for path in cache.iterdir()] == [CATALOG_NAME]


def test_it_is_made_once(cache, made):
    assert "Dense" in read_catalog()["layers"]
    read_catalog.cache_clear()
    assert "Dense" in read_catalog()["layers"]
    assert made == [[sys.executable, "-m", "dlrun.model.make_catalog", str(cache)]]


def _change(content, change):
    layers = content["layers"]
    changes = {
        "version": lambda: content.update(keras="3.1.0"),
        "kind": lambda: content.update(evil={}),
        "no kind": lambda: content.pop("losses"),
        "name": lambda: layers.update({"os.system": layers["Dense"]}),
        "private": lambda: layers.update({"__class__": layers["Dense"]}),
        "record": lambda: layers.update(Dense=[]),
        "key": lambda: layers["Dense"].update(run="x"),
        "place": lambda: layers["Dense"].update(place=["keras"]),
        "parameter": lambda: layers["Dense"]["parameters"].append(["a b", True, None, []]),
        "type": lambda: layers["Dense"]["parameters"].append(["a", True, None, ["eval"]]),
        "alias": lambda: layers["Dense"]["aliases"].append(3),
    }
    changes[change]()
    return json.dumps(content)


@pytest.mark.parametrize(
    "change", ["version", "kind", "no kind", "name", "private", "record", "key", "place", "parameter", "type", "alias"]
)
def test_a_hostile_file_is_made_again(cache, made, change):
    cache.mkdir(parents=True)
    content = json.loads((PACKAGE / CATALOG_NAME).read_text("utf-8"))
    (cache / CATALOG_NAME).write_text(_change(content, change), "utf-8")
    assert read_catalog() == json.loads((PACKAGE / CATALOG_NAME).read_text("utf-8"))
    assert len(made) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000, b'{"keras": NaN}'])
def test_a_damaged_file_is_made_again(cache, made, content):
    cache.mkdir(parents=True)
    (cache / CATALOG_NAME).write_bytes(content)
    assert "Dense" in read_catalog()["layers"]
    assert len(made) == 1


def test_a_link_in_the_cache_is_made_again(cache, made, tmp_path):
    cache.mkdir(parents=True)
    shutil.copy(PACKAGE / CATALOG_NAME, tmp_path / "elsewhere.json")
    (cache / CATALOG_NAME).symlink_to(tmp_path / "elsewhere.json")
    read_catalog()
    assert len(made) == 1


def test_where_it_cannot_be_made_the_packages_own_serves_and_a_note_says_so(cache, monkeypatch, caplog):
    monkeypatch.setattr(catalog_files.subprocess, "run", lambda *a, **k: type("Done", (), {"returncode": 1}))
    assert read_catalog()["keras"] == "3.0.0"
    assert "checking with the names of Keras 3.0.0" in caplog.records[-1].getMessage()


def test_a_folder_that_cannot_be_written_is_no_error(cache, tmp_path):
    (tmp_path / "cache").write_text("a file, no folder", "utf-8")
    assert read_catalog()["keras"] == "3.0.0"


def test_a_relative_cache_folder_is_not_used(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache/dlrun"


def test_without_keras_the_packages_own_serves(cache, monkeypatch, made):
    monkeypatch.setattr(catalog_files, "installed_keras", lambda: None)
    assert read_catalog()["keras"] == "3.0.0" and made == []
