"""Heads: what the loss means."""

import pytest

from dlrun.config.heads import Head, heads_of
from dlrun.config.objects import ObjectSpec

from .conftest import Load


@pytest.mark.parametrize(
    ("loss", "activation", "task", "one_hot"),
    [
        ("mse", "linear", "regression", False),
        ("MeanAbsoluteError", "linear", "regression", False),
        ("{Huber: 2}", "linear", "regression", False),
        ("poisson", "linear", "regression", False),
        ("binary_crossentropy", "sigmoid", "binary", False),
        ("bce", "sigmoid", "binary", False),
        ("BinaryFocalCrossentropy", "sigmoid", "binary", False),
        ("hinge", "tanh", "binary", False),
        ("SquaredHinge", "tanh", "binary", False),
        ("sparse_categorical_crossentropy", "softmax", "multiclass", False),
        ("categorical_crossentropy", "softmax", "multiclass", True),
        ("{CategoricalFocalCrossentropy: {gamma: 1}}", "softmax", "multiclass", True),
        ("categorical_hinge", "linear", "multiclass", True),
    ],
)
def test_the_task_follows_the_loss(load: Load, loss: str, activation: str, task: str, one_hot: bool) -> None:
    units = 3 if task == "multiclass" else 1
    config = load(
        "data: {source: a.csv, target: y}\n"
        f"layers: [{{Dense: {{units: {units}, activation: {activation}}}, name: last}}]\n"
        f"compile: {{loss: {loss}}}\n"
    )
    (head,) = heads_of(config)
    assert (head.output, head.targets, head.layer) == ("", ("y",), "last")
    assert (head.task, head.one_hot) == (task, one_hot)


def test_one_head_per_output(load: Load) -> None:
    config = load(
        "data: {source: a.csv, target: [a, b]}\n"
        "layers: [{Dense: 1, name: p}, {type: Dense, units: 2, activation: softmax, name: q, inputs: p}]\n"
        "outputs: {b: q, a: p}\n"
        "compile: {loss: {a: mae, b: categorical_crossentropy}}\n"
    )
    assert heads_of(config) == (
        Head("b", ("b",), "q", "multiclass", True, ObjectSpec("categorical_crossentropy")),
        Head("a", ("a",), "p", "regression", False, ObjectSpec("mae")),
    )


def test_several_targets_of_one_layer_share_a_head(load: Load) -> None:
    config = load("data: {source: a.csv, target: [a, b]}\nlayers: [{Dense: 2}]\ncompile: {loss: mse}\n")
    assert heads_of(config) == (Head("", ("a", "b"), None, "regression", False, ObjectSpec("mse")),)


def test_without_compile_there_is_none(load: Load) -> None:
    assert heads_of(load("layers: [{Dense: 2}]\n")) == ()
