"""Loading as a whole: everything at once, without heavy libraries, and never anything but a ConfigError."""

import difflib
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.errors import ConfigError

from .conftest import Load

EXAMPLE = """\
# dlrun train titanic.yaml
name: titanic
seed: 20
vars: {units: 16}
data:
  source: titanic.csv
  read: {encoding: cp949, header: null, names: [Sex, Age, 60], sep: ";", na_values: ["_"]}
  target: Survived
  features: [Sex, Age, 60]
  drop: [PassengerId]
  categorical: [Pclass]
  prepare:
    - replace: {TotalCharges: {" ": 0}}
    - derive: {rooms_per_household: total_rooms / households}
    - drop_missing: [pm25]
    - filter: speed <= 300
    - reverse_rows
  split: {test: 0.2, validation: 1/5, stratify: true}
preprocessing:
  numeric: min_max
  categorical: [{impute: most_frequent}, one_hot]
  columns:
    Age: [{impute: median}, standard]
    Education: {one_hot: {drop: first}}
    review: {TextVectorization: {max_tokens: 10000, output_sequence_length: 80}}
  resample: {oversample: minority}
inputs:
  wide: [longitude, latitude]
  deep: [latitude, median_income]
layers:
  - Dense: {units: "${vars.units}", activation: relu, kernel_regularizer: {L2: 0.01}}
    inputs: wide
  - Dropout: 0.4
    name: wide_end
  - Dense: {units: 10, activation: relu}
    name: hidden_deep
    inputs: deep
  - Concatenate:
    inputs: [wide_end, hidden_deep]
  - Reshape: [1, 26]
  - Bidirectional: {layer: {LSTM: {units: 32}}}
  - repeat: {times: 3, layers: [{Dense: {units: 32}}, BatchNormalization]}
  - type: Dense
    units: 1
    activation: sigmoid
    name: head
compile:
  optimizer: {Adam: {learning_rate: {ExponentialDecay: {initial_learning_rate: 1e-3, decay_steps: 9, decay_rate: 1/2}}}}
  loss: binary_crossentropy
  metrics: [accuracy, {F1Score: {threshold: 0.5}}]
fit: {epochs: 50, batch_size: 32, class_weight: {0: 1, 1: 2.5}}
callbacks:
  - EarlyStopping: {monitor: val_loss, patience: 5, min_delta: 0.001, restore_best_weights: true}
  - ModelCheckpoint: {filepath: "{epoch:03d}.keras", save_best_only: true}
evaluate: {threshold: 0.5, positive: Yes, season: 365}
sweep: {vars.units: [16, 32, 64], compile.optimizer.Adam.learning_rate: {log: [1e-4, 1e-1]}}
"""


def test_everything_that_is_wrong_is_told_at_once_in_order(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("fit: {epoch: 3}\nlayers: [{Dens: 3}, {Dense: {unit: 3}}]\nseed: x\ncompile: {loss: mze}\n")
    lines = [problem.location.line for problem in caught.value.problems if problem.location]
    assert lines == [1, 1, 2, 2, 2, 3, 4]


def test_a_hostile_number_of_problems_is_bounded(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []
    monkeypatch.setattr(difflib, "get_close_matches", lambda *args, **_: [searches.append(args)][:0])
    many = "\n".join(f"key{n}: 1" for n in range(60_000))
    with pytest.raises(ConfigError) as caught:
        load(many)
    assert len(caught.value.problems) <= 101
    assert len(searches) <= 101, "the nearest name is what takes time"


def test_an_example_with_everything(load: Load) -> None:
    config = load(EXAMPLE)
    assert config.data is not None and config.fit is not None and config.data.read.names is not None
    assert config.data.read.names[2] == "60"
    assert config.data.split.validation == 0.2
    assert config.fit.class_weight == {"0": 1, "1": 2.5}
    assert len(config.layers) == 13
    assert config.layers[-1].name == "head"


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    program = (
        "import sys\n"
        "from dlrun.config.loader import load_config\n"
        "load_config(sys.argv[1])\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'pandas', 'sklearn', 'matplotlib', 'typer', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


TOKENS = re.compile(r"[\w./-]+")
PIECES = [
    "null", "[]", "{}", "true", "-1", "3.5", "1e999", '""', "abc", "{a: b}", "[1, [2]]", "{type: 3}", "{type: Dense}",
    "[{}]", "{Dense: }", "[null]", "${vars.a}", "${env:HOME}", "*a", "&a ", "!!int ", "<<: ", ".nan", "---\n",
    "name: 3", "inputs: [a]", "{repeat: {times: 2, layers: [Flatten]}}", "1/0",
]  # fmt: skip
CHARACTERS = "{}[]:,-#&*!|>'\"%@`?\t\n 0123456789.eE+abcxyz$~/=<한\0\x85\u2028\ufeff"


def mutate(text: str, chance: random.Random) -> str:
    """Return the text with one to six random faults: characters, lines, tokens."""
    for _ in range(chance.choice([1, 1, 1, 2, 3, 6])):
        at = chance.randrange(len(text))
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        tokens = [match.span() for match in TOKENS.finditer(text)] or [(0, 0)]
        begin, end = chance.choice(tokens)
        kind = chance.randrange(7)
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + chance.choice(CHARACTERS) + text[at + chance.randrange(2) :]
        elif kind == 2:
            text = "\n".join([*lines[:line], *lines[line + 1 :]])
        elif kind == 3:
            text = "\n".join([*lines[:line], chance.choice(lines), *lines[line:]])
        elif kind == 4:
            text = "\n".join([*lines[:line], " " * chance.randrange(5) + lines[line], *lines[line + 1 :]])
        elif kind == 5:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        else:
            text = text[:begin] + chance.choice(PIECES) + text[end:]
        text = text or "x: 1"
    return text


@pytest.mark.parametrize("seed", range(8))
def test_a_mutant_is_valid_or_refused_at_a_line(tmp_path: Path, seed: int) -> None:
    file, again = tmp_path / "mutant.yaml", tmp_path / "again.yaml"
    valid = 0
    for number in range(100):
        mutant = mutate(EXAMPLE, random.Random(1000 * seed + number))
        file.write_text(mutant, encoding="utf-8")
        try:
            config = load_config(file)
        except ConfigError as error:
            assert all(p.location is not None and p.location.line > 0 for p in error.problems), str(error)
        else:
            valid += 1
            again.write_text(config.to_yaml(), encoding="utf-8")
            assert load_config(again) == config
    assert 0 < valid < 100


def test_a_sweep_is_not_left_out_silently(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("layers: [{Dense: 1}]\nsweep: {seed: [1, 2]}\n", encoding="utf-8")
    assert any("sweep" in note and "not tried" in note for note in load_config(file).notes)
    file.write_text("layers: [{Dense: 1}]\n", encoding="utf-8")
    assert load_config(file).notes == ()
