"""Files: extends, relative paths, and what is no config."""

from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.config.objects import ObjectSpec
from dlrun.errors import ConfigError


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


BASE = """\
name: base
data: {source: ../data/a.csv, target: y, drop: [id], read: {sep: ";", header: 0}}
layers: [{Dense: 8}, {Dense: 1}]
compile: {optimizer: {Adam: {learning_rate: 0.1, beta_1: 0.5}}, loss: mse, metrics: [mae]}
fit: {epochs: 3, batch_size: 16}
"""


def test_mappings_merge_lists_replace_null_removes(tmp_path: Path) -> None:
    child = """\
extends: base.yaml
data: {drop: [x], read: {header: null}}
layers: [{Dense: 1}]
compile: {optimizer: {Adam: {learning_rate: 0.2}}, metrics: null}
fit: {batch_size: null}
"""
    config = load_config(write(tmp_path, base=BASE, child=child) / "child.yaml")
    assert config.name == "child"
    assert config.data is not None and config.compile is not None and config.fit is not None
    assert config.data.drop == ("x",)
    assert (config.data.read.sep, config.data.read.header) == (";", None)
    assert config.layers == (ObjectSpec("Dense", {"units": 1}),)
    assert config.compile.optimizer == ObjectSpec("Adam", {"learning_rate": 0.2, "beta_1": 0.5})
    assert config.compile.metrics == ()
    assert (config.fit.epochs, config.fit.batch_size) == (3, 32)
    assert config.notes == ()


def test_a_replaced_type_drops_its_arguments_and_says_so(tmp_path: Path) -> None:
    child = "extends: base.yaml\ncompile: {optimizer: {SGD: {momentum: 0.9}}}\n"
    config = load_config(write(tmp_path, base=BASE, child=child) / "child.yaml")
    assert config.compile is not None
    assert config.compile.optimizer == ObjectSpec("SGD", {"momentum": 0.9})
    assert config.notes == (
        "compile.optimizer: SGD replaces Adam, whose arguments are dropped: learning_rate, beta_1.",
    )


@pytest.mark.parametrize("optimizer", ["{adam: {learning_rate: 0.2}}", "{type: Adam, learning_rate: 0.2}"])
def test_another_spelling_of_the_same_type(tmp_path: Path, optimizer: str) -> None:
    child = f"extends: base.yaml\ncompile: {{optimizer: {optimizer}}}\n"
    config = load_config(write(tmp_path, base=BASE, child=child) / "child.yaml")
    assert config.compile is not None
    assert config.compile.optimizer.type == "Adam"
    assert config.compile.optimizer.args["learning_rate"] == 0.2


def test_several_bases_the_last_wins(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        base=BASE,
        more="extends: base.yaml\nseed: 1\nfit: {epochs: 9}\n",
        child="extends: [base.yaml, more.yaml]\nseed: 2\n",
    )
    config = load_config(folder / "child.yaml")
    assert config.fit is not None
    assert (config.seed, config.fit.epochs) == (2, 9)


def test_a_path_is_relative_to_the_file_in_which_it_is_written(tmp_path: Path) -> None:
    write(tmp_path / "bases", base=BASE + "code: [layers.py]\n")
    child = "extends: ../bases/base.yaml\ndata: {test_source: [test.csv, 'more/*.csv']}\n"
    config = load_config(write(tmp_path / "configs", child=child) / "child.yaml")
    assert config.data is not None
    assert config.data.source == (str(tmp_path / "data/a.csv"),)
    assert config.data.test_source == (str(tmp_path / "configs/test.csv"), str(tmp_path / "configs/more/*.csv"))
    assert config.code == (str(tmp_path / "bases/layers.py"),)


def test_a_path_of_the_command_line_is_relative_to_where_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "configs", base=BASE)
    monkeypatch.chdir(tmp_path)
    config = load_config("configs/base.yaml", ["data.test_source=test.csv"])
    assert config.data is not None
    assert config.data.source == (str(tmp_path / "data/a.csv"),)
    assert config.data.test_source == (str(tmp_path / "test.csv"),)


def test_every_value_knows_its_file(tmp_path: Path) -> None:
    child = "extends: base.yaml\nfit: {epochs: 5}\n"
    folder = write(tmp_path, base=BASE, child=child)
    config = load_config(folder / "child.yaml", ["seed=4"])
    sources = {path: config.source_of(path) for path in [("fit", "epochs"), ("fit", "batch_size"), ("seed",)]}
    assert str(sources["fit", "epochs"]) == f"{folder}/child.yaml:2:15"
    assert str(sources["fit", "batch_size"]) == f"{folder}/base.yaml:5:30"
    assert str(sources["seed",]) == "command line: seed=4"
    assert config.source_of(("fit", "shuffle")) is None
    assert config.given == child


def test_a_problem_in_a_base_is_told_at_its_line(tmp_path: Path) -> None:
    folder = write(tmp_path, base=BASE.replace("epochs: 3", "epochs: 0"), child="extends: base.yaml\nmodel: 3\n")
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "child.yaml")
    assert [str(problem).partition(": ")[0] for problem in caught.value.problems] == [
        f"{folder}/child.yaml:2:1",
        f"{folder}/base.yaml:5:15",
    ]


def test_a_cycle_names_the_chain(tmp_path: Path) -> None:
    folder = write(tmp_path, a="extends: b.yaml\n", b="extends: sub/../c.yaml\n", c="extends: a.yaml\n")
    with pytest.raises(ConfigError, match=r"extends itself: .*a.yaml -> .*b.yaml -> .*c.yaml -> .*a.yaml") as caught:
        load_config(folder / "a.yaml")
    assert str(caught.value).startswith(f"{folder}/c.yaml:1:10: ")


def test_a_missing_base_is_told_where_it_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, base=BASE, child="name: x\nextends: bass.yaml\n")
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "child.yaml")
    assert str(caught.value) == (
        f"{folder}/child.yaml:2:10: extends: no file {folder}/bass.yaml. Did you mean 'base.yaml'?"
    )


def test_files_that_multiply_are_bounded(tmp_path: Path) -> None:
    for n in range(60):
        (tmp_path / f"c{n}.yaml").write_text(f"extends: [c{n + 1}.yaml, c{n + 1}.yaml]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="more than 50 files extend each other"):
        load_config(tmp_path / "c0.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "config.yaml:1:1: the file is empty. A config begins with"),
        (b"# nothing\n", "the file is empty"),
        (b"---\n", "config.yaml:2:1: the file is empty"),
        ("name: 가격".encode("cp949"), "config.yaml:1:7: the file is not UTF-8. Save it as UTF-8."),
        ("name: a\nseed: 1\n".encode("utf-16"), "config.yaml:1:1: the file is not UTF-8"),
        (b"name: a\x00b", "config.yaml:1:8: the character U+0000 cannot stand in a config"),
        (b"a: " + b"x" * (1024 * 1024), "a config of more than 1 MiB"),
    ],
)
def test_what_is_no_config(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert message in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + BASE.encode())
    assert load_config(file).name == "base"


def test_places_that_hold_no_config(tmp_path: Path) -> None:
    write(tmp_path, titanic=BASE)
    for path, message in [
        (tmp_path, "is a folder. Name a config file."),
        (tmp_path / "titanik.yaml", "Did you mean 'titanic.yaml'?"),
        (tmp_path / "nowhere" / "a.yaml", f"There is no folder {tmp_path}/nowhere."),
        (Path("/dev/zero"), "is no ordinary file"),
        (Path("a\0b"), "is no path"),
    ]:
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("titanic", "titanic"),
        ("iris 8-3 (old)", "iris-8-3-old"),
        ("타이타닉", "타이타닉"),
        (".hidden", "hidden"),
        ("#", "run"),
    ],
)
def test_the_name_is_the_files_stem(tmp_path: Path, stem: str, name: str) -> None:
    assert load_config(write(tmp_path, **{stem: "layers: [{Dense: 1}]\n"}) / f"{stem}.yaml").name == name
