"""Recipes on elections, schools and marriages, data that come with statsmodels; made after the second look.

The rules were not changed after their runs had been looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.diagnosis.second_recipes import adam, layers, sgd

BASE_OF = {"votes": "heart", "marriages": "heart", "schools": "boston"}
_OWN = {
    "votes": ["data.target=vote", "data.source=@votes", "~data.categorical", "preprocessing.numeric=standard"],
    "marriages": [
        "data.target=affair", "data.source=@marriages", "~data.categorical", "preprocessing.numeric=standard",
    ],
    "schools": [
        "data.target=share", "data.source=@schools", "preprocessing.target=standard", "preprocessing.numeric=standard",
    ],
}  # fmt: skip
_HEADS = {
    "votes": "{Dense: {units: 1, activation: sigmoid}}",
    "marriages": "{Dense: {units: 1, activation: sigmoid}}",
    "schools": "{Dense: 1}",
}
_STOP = [
    "fit.epochs=250", "callbacks=[{EarlyStopping: {monitor: val_loss, patience: 25, restore_best_weights: true}}]",
]  # fmt: skip


def third() -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield label, data, how, changes."""
    for label, data, how, changes in _all():
        source = any(change.startswith("data.source=") for change in changes)
        own = [change for change in _OWN[data] if not (source and change.startswith("data.source="))]
        yield label, data, how, [*own, *changes]


def _all() -> Iterator[tuple[str, str, str, list[str]]]:
    for data in ("votes", "schools", "marriages"):
        mild = ", kernel_regularizer: {L2: 0.003}"
        yield "good", data, "l2", [_net(data, 12, more=mild), adam(0.002), *_STOP]
        yield "stopped_early", data, "4-epochs", [_net(data, 20, 10), adam("5e-4"), "fit.epochs=4"]
        yield "jagged", data, "rate-0.5", [_net(data, 20, activation="tanh"), adam(0.5), "fit.epochs=45"]
        yield "underfitting", data, "rate-1e-7", [_net(data, 20, 10), adam("1e-7"), "fit.epochs=30"]
        yield "diverged", data, "rate-1e5", [_net(data, 10, 10, activation="leaky_relu"), sgd("1e5"), "fit.epochs=10"]
        yield "no_skill", data, "shuffled", [f"data.source=@{data}-shuffled", _net(data, 10), adam(0.002), *_STOP]
        yield "leak", data, "third-twice", [f"data.source=[@{data}, @{data}-third]", _net(data, 10), *_STOP]
        few = ["fit.validation_split=0", "data.split={test: 0.3, validation: 12, seed: 7}"]
        yield "bad_validation", data, "12-rows", [*few, _net(data, 10), "fit.epochs=50"]
        cold = ", bias_initializer: {Constant: -30}"
        yield "dead_units", data, "bias-30", [_net(data, 40, more=cold), adam(0.002), "fit.epochs=30"]
    yield "overfitting", "votes", "256-256", [_net("votes", 256, 256), adam(0.002), "fit.epochs=150"]
    yield "overfitting", "marriages", "128-128", [
        _net("marriages", 128, 128), adam(0.002), "fit.epochs=150", "data.split.test=0.6",
    ]  # fmt: skip
    yield "overfitting", "schools", "512", [_net("schools", 512, 128), adam(0.002), "fit.epochs=200"]
    strong = ", kernel_regularizer: {L2: 5}"
    yield "underfitting", "schools", "l2-strong", [_net("schools", 16, more=strong), adam(0.01), "fit.epochs=60"]
    yield "leak", "votes", "hint", [
        "data.prepare=[{derive: {later: vote * 6 + educ / 10}}]", _net("votes", 10), *_STOP,
    ]  # fmt: skip
    yield "leak", "schools", "hint", [
        "data.prepare=[{derive: {passed: share / 3 + PTRATIO / 60}}]", _net("schools", 10), *_STOP,
    ]  # fmt: skip
    yield "bad_validation", "schools", "sorted", [
        "data.source=@schools-sorted", "data.split={shuffle: false}", _net("schools", 10), "fit.epochs=60",
    ]  # fmt: skip
    rare = ["data.split.stratify=true", adam(0.001), "fit.epochs=40"]
    yield "class_collapse", "votes", "rare", ["data.source=@votes-rare", _net("votes", 10, more=mild), *rare]
    yield "class_collapse", "marriages", "rare", ["data.source=@marriages-rare", _net("marriages", 10), *rare]
    yield "class_collapse", "marriages", "rare-deep", ["data.source=@marriages-rare", _net("marriages", 16, 8), *rare]
    raw = "preprocessing.target=null"
    yield "unscaled_target", "schools", "millionths", [
        "data.prepare=[{derive: {parts: share * 10000}}]", "data.target=parts", "data.drop=[share]", raw,
        _net("schools", 16), adam(0.01), "fit.epochs=60",
    ]  # fmt: skip
    numbers = [
        "layers=[{Dense: {units: 16, activation: relu}}, {Dense: 1}]",
        "compile.loss=mse",
        "compile.metrics=[mae]",
    ]
    yield "unscaled_target", "marriages", "days", [
        "data.prepare=[{derive: {days: yrs_married * 365}}]", "data.target=days", "data.drop=[yrs_married]", *numbers,
        adam(0.003), "fit.epochs=30",
    ]  # fmt: skip
    yield "unscaled_target", "votes", "age-in-days", [
        "data.prepare=[{derive: {days: age * 365}}]", "data.target=days", "data.drop=[age]", *numbers, adam(0.001),
        "fit.epochs=50",
    ]  # fmt: skip


def _net(data: str, *units: int, activation: str = "relu", more: str = "") -> str:
    return layers(_HEADS[data], *units, activation=activation, more=more)
