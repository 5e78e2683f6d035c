"""Nothing that is read is ever run: no pickle, no eval, no unsafe loader anywhere in dlrun; and nothing is fetched."""

from __future__ import annotations

import ast
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "dlrun").rglob("*.py"))
MODULES = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "torch", "h5py",
    "urllib.request", "requests", "http.client", "httpx", "ftplib", "smtplib", "xmlrpc", "code", "codeop", "pty",
}  # fmt: skip
CALLS = {
    "eval", "exec", "compile", "__import__", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load",
    "os.system", "os.popen", "subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_output",
    "pd.eval", "pandas.eval", "np.load", "numpy.load", "pd.read_pickle", "pandas.read_pickle", "torch.load",
    "keras.models.load_model",
    "keras.saving.load_model", "keras.saving.deserialize_keras_object", "keras.config.enable_unsafe_deserialization",
    "keras.utils.get_file", "tf.saved_model.load", "tf.keras.models.load_model", "keras.models.model_from_json",
    "sys.settrace", "ctypes.CDLL", "runpy.run_path",
}  # fmt: skip
METHODS = {"read_pickle", "to_pickle", "load_model", "load_weights", "model_from_json", "from_config", "query"}
ALLOWED = {
    "dlrun/data/sources/npz.py": {"numpy.load"},  # with allow_pickle=False, which is seen to, too
    "dlrun/catalog_files.py": {"subprocess.run"},  # dlrun's own make_catalog, with a folder as its only argument
    "dlrun/model/weights_file.py": {"h5py", "load_weights"},  # of a copy, after links and shapes have been checked
}


def test_no_source_runs_what_it_reads() -> None:
    assert len(SOURCES) > 100
    found = {
        f"{name}:{node.lineno}: {what}"
        for path in SOURCES
        for node, what in _dangers(ast.parse(path.read_text("utf-8")))
        if what not in ALLOWED.get(name := path.relative_to(ROOT).as_posix(), ())
    }
    assert found == set()


def test_the_search_finds_what_it_looks_for() -> None:
    code = """
import pickle, requests
from joblib import load
import yaml as y, numpy as n
from keras import models as m
y.load(x); n.load(p); eval(x); m.load_model(f); model.load_weights(f); pd.read_pickle(p)
ctypes.CDLL(None); ctypes.CDLL(p)
numpy.load(p, allow_pickle=True); keras.models.load_model(f, safe_mode=False)
"""
    found = [what for _, what in _dangers(ast.parse(code))]
    wanted = [
        "pickle",
        "requests",
        "joblib",
        "yaml.load",
        "numpy.load",
        "eval",
        "keras.models.load_model",
        "load_weights",
    ]
    assert [what for what in wanted if what not in found] == []
    assert found.count("ctypes.CDLL") == 1
    assert found.count("allow_pickle") == found.count("safe_mode") == 1


def _dangers(tree: ast.AST) -> Iterator[tuple[Any, str]]:
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if _is_banned(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (
                (node, m) for a in node.names for m in (node.module, f"{node.module}.{a.name}") if _is_banned(m)
            )
        elif isinstance(node, ast.Call):
            name = _full_name(node.func, aliases)
            own = name.startswith(("self.", "dlrun.", "_"))  # arrays.load_weights is dlrun's own
            if name == "ctypes.CDLL" and [getattr(given, "value", "") for given in node.args] == [None]:
                continue  # the libraries that the process has anyway; no file is loaded
            if name in CALLS or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and not own):
                yield node, name if name in CALLS else node.func.attr  # type: ignore[union-attr]
            yield from ((node, str(word.arg)) for word in node.keywords if _is_unsafe(word))


def _is_banned(module: str) -> bool:
    return any(module == banned or module.startswith(f"{banned}.") for banned in MODULES)


def _is_unsafe(word: ast.keyword) -> bool:
    value = getattr(word.value, "value", None)
    return (word.arg == "allow_pickle" and value is not False) or (word.arg == "safe_mode" and value is not True)


def _aliases(tree: ast.AST) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return aliases


def _full_name(node: ast.expr, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, aliases)}.{node.attr}"
    return ""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **_: Any) -> NoReturn:
        raise AssertionError(f"a connection: {arguments!r}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


URL = "http://127.0.0.1:9/x"
COMPILE = "compile: {optimizer: adam, loss: mse}\nfit: {epochs: 1}\n"
REST = f"layers: [{{Dense: 1}}]\n{COMPILE}"
REASONS = "no URLs|outside the run's folder|cannot stand in a config|may not read files|unknown argument|RemoteMonitor"


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "text",
    [
        f"data: {{source: '{URL}.csv', target: y}}\n{REST}",
        f"data: {{source: [a.csv, '{URL}.csv'], target: y}}\n{REST}",
        f"data: {{source: 'file:///etc/passwd', target: y}}\n{REST}",
        f"data: {{source: a.csv, validation_source: '{URL}.csv', target: y}}\n{REST}",
        f"data: {{source: a.csv, test_source: 's3://bucket/x.parquet', target: y}}\n{REST}",
        f"extends: '{URL}.yaml'\ndata: {{source: a.csv, target: y}}\n{REST}",
        f"code: '{URL}.py'\ndata: {{source: a.csv, target: y}}\n{REST}",
        f"data: {{source: a.csv, target: y}}\ncallbacks: [{{ModelCheckpoint: {{filepath: '{URL}.keras'}}}}]\n{REST}",
        f"data: {{source: a.csv, target: y}}\ncallbacks: [{{CSVLogger: '{URL}.csv'}}]\n{REST}",
        f"data: {{source: a.csv, target: y}}\ncallbacks: [{{RemoteMonitor: {{root: '{URL}'}}}}]\n{REST}",
        f"data: {{source: a.csv, target: y}}\nlayers: [{{TFSMLayer: {{filepath: '{URL}'}}}}]\n{COMPILE}",
        f"data: {{source: a.csv, target: y}}\nlayers: [{{StringLookup: {{vocabulary: '{URL}'}}}}]\n{COMPILE}",
        f"data: {{source: a.csv, target: y}}\nvars: {{u: '{URL}.csv'}}\n"
        f"preprocessing: {{columns: {{x: {{TextVectorization: {{vocabulary: '${{vars.u}}'}}}}}}}}\n{REST}",
    ],
)
def test_a_url_is_refused_wherever_a_path_stands(tmp_path: Path, text: str) -> None:
    from dlrun.config import load_config
    from dlrun.errors import ConfigError

    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=REASONS):
        load_config(tmp_path / "config.yaml", trust=False)


@pytest.mark.usefixtures("offline")
def test_urls_on_the_command_line_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.cli import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(f"data: {{source: a.csv, target: y}}\n{REST}", encoding="utf-8")
    assert run(["check", f"{URL}.yaml"]) == 2
    assert run(["check", "config.yaml", f"data.source='{URL}.csv'"]) == 2
    assert run(["show", URL]) == 4
    assert run(["evaluate", URL]) == 4
    assert run(["predict", "x.csv", "-o", f"{URL}.csv"]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]
