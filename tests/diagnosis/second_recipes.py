"""Recipes on data that no rule was tuned on: wine, breast cancer and diabetes, which come with scikit-learn.

They were made after the first look at the held-out half had led to three mends, to measure once more without peeking.
"""

from __future__ import annotations

from collections.abc import Iterator

BASE_OF = {"wine": "iris", "cancer": "heart", "diabetes": "boston"}
_OWN = {
    "wine": ["data.target=kind", "data.source=@wine"],
    "cancer": ["data.target=benign", "data.source=@cancer", "~data.categorical"],
    "diabetes": ["data.target=progress", "data.source=@diabetes", "preprocessing.target=standard"],
}
_HEADS = {
    "wine": "{Dense: {units: 3, activation: softmax}}",
    "cancer": "{Dense: {units: 1, activation: sigmoid}}",
    "diabetes": "{Dense: 1}",
}
_SCALED = "preprocessing.numeric=standard"
_STOP = [
    "fit.epochs=200", "callbacks=[{EarlyStopping: {monitor: val_loss, patience: 20, restore_best_weights: true}}]",
]  # fmt: skip


def second() -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield label, data, how, changes."""
    for label, data, how, changes in _all():
        source = [change for change in changes if change.startswith("data.source=")]
        own = [change for change in _OWN[data] if not (source and change.startswith("data.source="))]
        yield label, data, how, [*own, *changes]


def _all() -> Iterator[tuple[str, str, str, list[str]]]:
    for data, units, rate in (("wine", 16, 0.003), ("cancer", 8, 0.003), ("diabetes", 8, 0.003)):
        yield "good", data, "stopped", [_SCALED, _net(data, units), adam(rate), *_STOP]
        yield "stopped_early", data, "3-epochs", [_net(data, 24), adam(0.001), "fit.epochs=3"]
        rough = _net(data, 24, 12, activation="tanh")
        yield "jagged", data, "rate-x100", [_SCALED, rough, adam(0.3), "fit.epochs=60"]
        yield "underfitting", data, "rate-3e-7", [_net(data, 32), adam("3e-7"), "fit.epochs=40"]
        yield (
            "diverged",
            data,
            "raw-sgd",
            ["preprocessing.numeric=none", _net(data, 16, activation="leaky_relu"), sgd("100.0")],
        )
        yield (
            "no_skill",
            data,
            "shuffled",
            [f"data.source=@{data}-shuffled", _SCALED, _net(data, 12), adam(0.003), *_STOP],
        )
        yield "leak", data, "twice", [f"data.source=[@{data}, @{data}]", _SCALED, _net(data, 16), *_STOP]
        yield "bad_validation", data, "9-rows", [
            "fit.validation_split=0", "data.split={test: 0.25, validation: 9, seed: 3}", _SCALED,
            _net(data, 8), "fit.epochs=60",
        ]  # fmt: skip
        cold = ", bias_initializer: {Constant: -20}"
        yield "dead_units", data, "bias-20", [_SCALED, _net(data, 24, 24, more=cold), "fit.epochs=40"]
    many = ["fit.epochs=300", "data.split.test=0.6", _SCALED]
    yield "overfitting", "diabetes", "128-128", [_net("diabetes", 128, 128), adam(0.002), *many]
    yield "overfitting", "diabetes", "512", [_net("diabetes", 512), adam(0.005), *many]
    yield "overfitting", "cancer", "256-256-few-rows", [
        _net("cancer", 256, 256), adam(0.003), "fit.epochs=300", "data.split.test=0.75", _SCALED,
    ]  # fmt: skip
    yield (
        "underfitting",
        "cancer",
        "l1-strong",
        [_SCALED, _net("cancer", 16, more=", kernel_regularizer: {L1: 2}"), adam(0.003)],
    )
    yield "leak", "diabetes", "hint", [
        "data.prepare=[{derive: {later: progress * 0.7 + age * 40}}]", _SCALED, _net("diabetes", 16), *_STOP,
    ]  # fmt: skip
    yield "leak", "cancer", "hint", [
        "data.prepare=[{derive: {code: 3 - benign * 2 + worst_radius / 50}}]", _SCALED, _net("cancer", 8), *_STOP,
    ]  # fmt: skip
    yield (
        "class_collapse",
        "cancer",
        "rare",
        ["data.source=@cancer-rare", "data.split.stratify=true", adam("3e-4"), "fit.epochs=15"],
    )
    yield "class_collapse", "cancer", "rare-l2", [
        "data.source=@cancer-rare", "data.split.stratify=true",
        _net("cancer", 8, more=", kernel_regularizer: {L2: 0.05}"), adam(0.001), "fit.epochs=60",
    ]  # fmt: skip
    yield (
        "class_collapse",
        "wine",
        "rare",
        ["data.source=@wine-rare", "data.split.stratify=true", adam(0.001), "fit.epochs=60"],
    )
    raw = ["preprocessing.target=null", _SCALED]
    yield "unscaled_target", "diabetes", "as-it-is", [*raw, _net("diabetes", 16), adam(0.001), "fit.epochs=60"]
    yield "unscaled_target", "diabetes", "times-100", [
        "data.prepare=[{derive: {cost: progress * 100}}]", "data.target=cost", "data.drop=[progress]", *raw,
        _net("diabetes", 24, 8), adam(0.005), "fit.epochs=80",
    ]  # fmt: skip
    yield "unscaled_target", "cancer", "area", [
        "data.target=worst_area", "data.drop=[mean_area, area_error]", *raw,
        "layers=[{Dense: {units: 12, activation: relu}}, {Dense: 1}]",
        "compile.loss=mse", "compile.metrics=[mae]", adam(0.001), "fit.epochs=60",
    ]  # fmt: skip


def layers(head: str, *units: int, activation: str = "relu", more: str = "") -> str:
    """Return the change that gives a network hidden layers of so many units; `more` are further arguments."""
    hidden = "".join(f"{{Dense: {{units: {n}, activation: {activation}{more}}}}}, " for n in units)
    return f"layers=[{hidden}{head}]"


def adam(rate: float | str) -> str:
    """Return the change that sets Adam's learning rate."""
    return f"compile.optimizer={{Adam: {{learning_rate: {rate}}}}}"


def sgd(rate: float | str) -> str:
    """Return the change that sets plain gradient descent and its learning rate."""
    return f"compile.optimizer={{SGD: {{learning_rate: {rate}}}}}"


def _net(data: str, *units: int, activation: str = "relu", more: str = "") -> str:
    return layers(_HEADS[data], *units, activation=activation, more=more)
