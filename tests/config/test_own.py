"""Names of the user's own files in a config: looked into with trust, never run."""

from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.config.own import names_of_existing, names_of_files, plugins_for
from dlrun.errors import ConfigError

MINE = """
from pathlib import Path

import keras
from dlrun import register

Path("ran").write_text("it ran")


class Scaled(keras.layers.Layer):
    def __init__(self, by: float, **kwargs):
        super().__init__(**kwargs)


@register("prepare", "tidy")
def tidy(table, value, context):
    return table
"""
QUIET = MINE.replace('Path("ran").write_text("it ran")\n', "")
TEXT = """\
code: mine.py
data: {{source: d.csv, prepare: [{prepare}]}}
layers:
- {layer}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load_text(layer, source=QUIET, prepare="tidy", trust=True):
        Path("mine.py").write_text(source, "utf-8")
        Path("c.yaml").write_text(TEXT.format(layer=layer, prepare=prepare), "utf-8")
        return load_config("c.yaml", trust=trust)

    return load_text


def problems(load, layer, **given):
    with pytest.raises(ConfigError) as caught:
        load(layer, **given)
    return [str(problem).removeprefix("c.yaml:") for problem in caught.value.problems]


def test_with_trust_arguments_and_names_are_checked(load):
    assert load("Scaled: {by: 2}").layers[0].args == {"by": 2}
    assert load("Scaled: 2").layers[0].args == {"by": 2}
    assert problems(load, "Scaled: {bye: 2, by: 1}") == [
        "4:12: layers[0].Scaled.bye: Scaled has no argument 'bye'. Did you mean 'by'?"
    ]
    assert problems(load, "Scaled") == ["4:3: layers[0].Scaled: Scaled needs by. Write Scaled: {by: ...}."]
    assert problems(load, "Scaled: x") == ["4:11: layers[0].Scaled: expected a number, got text 'x'"]
    assert problems(load, "Scalde: 2") == ["4:3: layers[0]: unknown layer 'Scalde'. Did you mean 'Scaled'?"]
    assert problems(load, "Scaled: 2", prepare="tiddy") == [
        "2:33: data.prepare[0]: unknown prepare step 'tiddy'. Did you mean 'tidy'?"
    ]


def test_nothing_is_run(load, tmp_path):
    load("Scaled: 2", source=MINE)
    assert not (tmp_path / "ran").exists()


def test_names_are_not_refused_where_the_files_may_bring_more(load):
    assert load("Elsewhere: {a: 1}", source=QUIET + "\nfrom other_file_of_mine import Elsewhere\n").layers
    assert load("Anything: 2", source="def f(:").layers


def test_without_trust_a_note_says_what_is_not_checked(load):
    config = load("Scaled: {whatever: 2}", trust=False)
    assert config.notes == (
        "code: its files are not looked into without --trust; names that may be theirs are not checked.",
    )
    assert load("Scaled: 2").notes == ()


def test_a_file_that_is_not_there_says_nothing_here(tmp_path):
    assert not names_of_files([tmp_path / "no.py"]).whole
    with pytest.raises(ConfigError, match=r"no file .*no\.py"):
        names_of_existing([tmp_path / "no.py"])


def test_links_and_long_files_are_not_looked_into(tmp_path):
    (tmp_path / "mine.py").write_text(QUIET, "utf-8")
    (tmp_path / "link.py").symlink_to(tmp_path / "mine.py")
    (tmp_path / "long.py").write_text(QUIET + "#" * 2**20, "utf-8")
    assert names_of_files([tmp_path / "mine.py"]).entries
    assert names_of_files([tmp_path / "link.py"]).entries == ()
    assert names_of_files([tmp_path / "long.py"]).entries == ()


def test_no_package_is_looked_for_where_everything_is_known(load, monkeypatch):
    monkeypatch.setattr("dlrun.config.own.plugins", lambda: pytest.fail("looked"))
    assert (
        plugins_for(load("Dense: {units: 2, activation: relu, kernel_regularizer: {L2: 0.1}}", prepare="drop_missing"))
        == ()
    )
