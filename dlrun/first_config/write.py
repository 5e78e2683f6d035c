"""A look at a table as a commented config that runs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from dlrun.first_config.columns import Column
from dlrun.first_config.look import Look

_PLAIN = re.compile(r"[^\W\d]\w*(?:[ .-]\w+)*|[\w./-]*[^\W\d][\w.-]*\.[a-z]+")  # a word, or a path
_VOCABULARY = 8000
_FEWEST_TO_STRATIFY = 10  # rows of a class; each part needs some


def config_text(look: Look, output: Path) -> str:
    """Return the config.

    Args:
        look: What was found.
        output: Where the config will stand; the path of the data is written relative to it.
    """
    sections = [
        _opening(look, output),
        "seed: 0\n",
        _data(look, output),
        _preprocessing(look),
        _layers(look),
        _compile(look),
        *_fit(look),
    ]
    return "\n".join(section for section in sections if section)


def written(value: Any) -> str:
    """Return a value as YAML on one line, so that it is read as the same value whatever it holds."""
    import yaml

    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.replace("${", "$${")
    plain: str = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=10**6).strip()[1:-1]
    if plain == text and _PLAIN.fullmatch(text):
        return text
    quoted: str = yaml.safe_dump([text], default_flow_style=True, default_style='"', allow_unicode=True, width=10**6)
    return quoted.strip()[1:-1]


def _opening(look: Look, output: Path) -> str:
    target = look.target
    if target.task == "regression":
        task = f"Regression: {written(target.name)} ({target.why}) from {_columns(look)}, {look.rows:,} rows."
        expect = f'"Always the mean" is off by {look.spread:.3g} (RMSE)'
    else:
        kinds = len(target.counts)
        task = f"Classification: {written(target.name)} ({target.why}), {kinds} classes, from {_columns(look)}, "
        task += f"{look.rows:,} rows."
        expect = f"The most frequent class is right {target.majority:.2f} of the time"
    return (
        f"# dlrun train {written(str(output))}\n#\n# A first config for {written(look.file.name)}, written by "
        f"`dlrun init`. It is yours to change.\n# {task}\n# {expect}: that is to be beaten.\n"
    )


def _columns(look: Look) -> str:
    count = len(look.used)
    return "1 column" if count == 1 else f"{count} columns"


def _data(look: Look, output: Path) -> str:
    source = Path(os.path.relpath(look.file.resolve(), output.resolve().parent)).as_posix()
    lines = ["data:", f"  source: {written(source)}"]
    if look.read:
        lines.append(f"  read: {{{', '.join(f'{key}: {written(value)}' for key, value in look.read.items())}}}")
    lines.append(f"  target: {written(look.target.name)}")
    codes = [column for column in look.used if column.is_code]
    if codes:
        names = written([column.name for column in codes])
        lines.append(f"  categorical: {names}   # whole numbers that seem to be codes, not amounts")
    if look.dropped:
        lines += ["  drop:", *_with_comments(look.dropped)]
    if look.target.missing:
        lines.append(f"  prepare:\n    - drop_missing: {written([look.target.name])}   # {look.target.missing:,} rows")
    lines += [*_split(look), ""]
    return "\n".join(lines)


def _with_comments(columns: list[Column]) -> list[str]:
    names = [written(column.name) for column in columns]
    width = min(max(map(len, names)), 30)
    return [f"    - {name:<{width}}   # {_reason(c)}" for name, c in zip(names, columns, strict=True)]


def _reason(column: Column) -> str:
    if column.role == "text":
        return f"{column.why}: see TextVectorization in `dlrun recipes cp titanic_names`"
    return _comment(column.why)


def _comment(text: str) -> str:
    """Return text for a comment: a column's name in it must not end the line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _split(look: Look) -> list[str]:
    if any(column.why.startswith("a time") for column in look.dropped):
        hint = "drawn by chance; to predict rows to come, write a time column and dates: split: {time: ..., test: ...}"
        return [f"  # Rows are {hint}", *_parts(look)]
    return _parts(look)


def _parts(look: Look) -> list[str]:
    if look.target.task == "regression":
        return ["  split: {test: 0.2, validation: 0.2}"]
    if min(look.target.counts) < _FEWEST_TO_STRATIFY:
        return [f"  split: {{test: 0.2, validation: 0.2}}   # a class has {min(look.target.counts)} rows: no stratify"]
    return ["  split: {test: 0.2, validation: 0.2, stratify: true}"]


def _preprocessing(look: Look) -> str:
    if look.text is not None:
        step = f"{{TextVectorization: {{max_tokens: {_VOCABULARY}, output_sequence_length: {look.places}}}}}"
        return f"preprocessing:\n  columns:\n    {written(look.text)}: {step}\n"
    numeric = [c for c in look.used if c.role == "numeric"]
    categorical = [c for c in look.used if c.role == "categorical"]
    lines = ["preprocessing:"]
    if numeric:
        lines.append(f"  numeric: {_steps('median', 'standard', numeric)}")
    if categorical:
        lines.append(f"  categorical: {_steps('most_frequent', 'one_hot', categorical)}")
    if look.target.task == "regression":
        lines.append("  target: standard   # results are given in its own unit again")
    return "\n".join([*lines, ""])


def _steps(fill: str, step: str, columns: list[Column]) -> str:
    gaps = [c.name for c in columns if c.missing]
    if not gaps:
        return step
    names = _comment(", ".join(gaps[:5])) + (" and more" if len(gaps) > 5 else "")
    return f"[{{impute: {fill}}}, {step}]   # missing: {names}"


def _layers(look: Look) -> str:
    head = {
        "regression": "Dense: 1",
        "binary": "Dense: {units: 1, activation: sigmoid}",
        "multiclass": f"Dense: {{units: {len(look.target.counts)}, activation: softmax}}",
    }[look.target.task]
    if look.text is not None:
        body = [
            f"Embedding: {{input_dim: {_VOCABULARY}, output_dim: 16}}",
            "GlobalMaxPooling1D",
            "Dense: {units: 16, activation: relu}",
            "Dropout: 0.3",
        ]
    else:
        body = _hidden(look)
    return "\n".join(["layers:", *(f"  - {layer}" for layer in [*body, head]), ""])


def _hidden(look: Look) -> list[str]:
    """Return hidden layers by rows and columns: few rows want a small network, many columns a first layer wider."""
    width = sum(column.width for column in look.used)
    units = 16 if look.rows < 1000 else 64 if look.rows < 10_000 else 128
    if look.rows < 1000 and width <= 20:
        return [f"Dense: {{units: {units}, activation: relu}}", f"Dense: {{units: {units // 2}, activation: relu}}"]
    first, second = f"Dense: {{units: {units}, activation: relu}}", f"Dense: {{units: {units // 2}, activation: relu}}"
    return [first, "Dropout: 0.2", second]


def _compile(look: Look) -> str:
    loss, metrics = {
        "regression": ("mse", "[mae]"),
        "binary": ("binary_crossentropy", "[accuracy, AUC]"),
        "multiclass": ("sparse_categorical_crossentropy", "[accuracy]"),
    }[look.target.task]
    rate = "0.01" if look.rows < 2000 else "0.001"
    return f"compile:\n  optimizer: {{Adam: {{learning_rate: {rate}}}}}\n  loss: {loss}\n  metrics: {metrics}\n"


def _fit(look: Look) -> list[str]:
    epochs, patience = (200, 20) if look.rows < 2000 else (60, 8) if look.rows < 20_000 else (30, 5)
    batch = 32 if look.rows < 10_000 else 128
    balance = ", class_weight: balanced" if look.target.is_uneven else ""
    return [
        f"fit: {{epochs: {epochs}, batch_size: {batch}{balance}}}\n",
        "callbacks:   # stops when the validation loss has not improved for so many epochs, and takes the best back\n"
        f"  - EarlyStopping: {{monitor: val_loss, patience: {patience}, restore_best_weights: true}}\n",
    ]
