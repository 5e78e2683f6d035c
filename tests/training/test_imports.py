from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlrun.training.imports import light_imports

KERAS = """
import json, sys
from dlrun.training.runtime import start_keras
start_keras(0)
import keras
light = [name for name in ("sklearn", "scipy.stats", "matplotlib") if name in sys.modules]
wrapper = keras.wrappers.SKLearnRegressor(lambda: None)
import sklearn.base
from tensorflow.keras.wrappers import SKLearnClassifier
from keras.visualization import plot_image_gallery
print(json.dumps([light, isinstance(wrapper, sklearn.base.BaseEstimator), callable(plot_image_gallery)]))
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "putoff"
    folder.mkdir()
    (folder / "__init__.py").write_text("from putoff import heavy, plain\n")
    (folder / "heavy.py").write_text("import putoff.costly\nfrom putoff.costly import cost\nnamed = 'heavy'\n")
    (folder / "costly.py").write_text("cost = 7\n")
    (folder / "plain.py").write_text("named = 'plain'\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "putoff"]:
        del sys.modules[name]


def test_a_module_that_is_put_off_runs_at_its_first_use(package: Path) -> None:
    with light_imports(["putoff.heavy"]):
        import putoff  # type: ignore[import-not-found]

        assert putoff.plain.named == "plain"
        assert "putoff.costly" not in sys.modules
        assert putoff.heavy.__file__ == str(package / "heavy.py")
    assert not hasattr(putoff.heavy, "__no_such_name__")
    assert "putoff.costly" not in sys.modules
    from putoff.heavy import cost

    assert (cost, putoff.heavy.named) == (7, "heavy")
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = putoff.heavy.no_such_name


def test_everything_is_as_before_after_the_block(package: Path) -> None:
    before = list(sys.meta_path)
    with pytest.raises(ModuleNotFoundError), light_imports():
        assert not gc.isenabled()
        import putoff.no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert sys.meta_path == before
    assert gc.isenabled()


@pytest.mark.slow
def test_keras_starts_without_scikit_learn_and_still_has_its_wrappers() -> None:
    done = subprocess.run([sys.executable, "-c", KERAS], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], True, True]
