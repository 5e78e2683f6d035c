"""The recipes: each makes one run that is good, or broken in one way on purpose. Its label is how it was made.

No recipe is another one with a new seed: data, network or the way of breaking differ. Which half a recipe belongs to
follows from the SHA-256 of its name alone, and was so before the first rule was tuned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.diagnosis import second_recipes, third_recipes

Half = Literal["tuning", "held_out", "second", "third"]

BASES = {
    "boston": "configs/boston_8_1.yaml",
    "iris": "configs/iris_8_3.yaml",
    "titanic": "configs/titanic.yaml",
    "heart": "configs/heart_attack.yaml",
    "pima": "configs/pima.yaml",
    "digits": "configs/digits_dense.yaml",
    "temperature": "configs/temperature_rnn.yaml",
    "bike": "tests/diagnosis/bike_by_hour.yaml",
}
LATER: dict[str, Half] = {
    **dict.fromkeys(second_recipes.BASE_OF, "second"),
    **dict.fromkeys(third_recipes.BASE_OF, "third"),
}
BASES |= {data: BASES[base] for data, base in (second_recipes.BASE_OF | third_recipes.BASE_OF).items()}
ADAM = "compile.optimizer={{Adam: {{learning_rate: {}}}}}"
SGD = "compile.optimizer={{SGD: {{learning_rate: {}}}}}"
STOP = "callbacks=[{EarlyStopping: {monitor: val_loss, patience: 15, restore_best_weights: true}}]"
RAW = ["preprocessing.numeric=none"]
HEADS = {
    "boston": "{Dense: 1}",
    "iris": "{Dense: {units: 3, activation: softmax}}",
    "titanic": "{Dense: {units: 1, activation: sigmoid}}",
    "heart": "{Dense: {units: 1, activation: sigmoid}}",
    "pima": "{Dense: {units: 1, activation: sigmoid}}",
    "digits": "{Dense: {units: 10, activation: softmax}}",
    "temperature": "{Dense: 1}",
    "bike": "{Dense: 1}",
}
FRONTS = {"digits": "{Rescaling: 1/16}, Flatten, ", "temperature": "Flatten, "}
NO_WEIGHTS = ["fit.class_weight=null"]
VALIDATED = "data.split={{test: 0.2, validation: {}, seed: 20}}"
NO_SPLIT = "fit.validation_split=0"


@dataclass(frozen=True)
class Recipe:
    """How a run is made.

    Args:
        label: What is wrong with it, or "good".
        data: The key of its base config.
        how: What was done, in a word or two.
        changes: As on the command line. `@NAME` in one stands for a file that `made_data` makes.
    """

    label: str
    data: str
    how: str
    changes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The run's name."""
        return f"{self.label}-{self.data}-{self.how}"


def net(data: str, *units: int, activation: str = "relu", more: str = "") -> str:
    """Return the change that gives a network hidden layers of so many units; `more` are further arguments."""
    hidden = "".join(f"{{Dense: {{units: {n}, activation: {activation}{more}}}}}, " for n in units)
    return f"layers=[{FRONTS.get(data, '')}{hidden}{HEADS[data]}]"


def recipes() -> list[Recipe]:
    """Return all recipes."""
    found = [Recipe(label, data, how, tuple(changes)) for label, data, how, changes in _all()]
    assert len({recipe.name for recipe in found}) == len(found)
    return found


def half_of(recipe: Recipe) -> Half:
    """Return the half that a recipe belongs to: those of a label, in order of their hash, go to and fro.

    The recipes on data that came later are parts of their own.
    """
    if recipe.data in LATER:
        return LATER[recipe.data]
    same = sorted((r.name for r in recipes() if r.label == recipe.label and r.data not in LATER), key=_hash)
    return "tuning" if same.index(recipe.name) % 2 == 0 else "held_out"


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _all() -> Iterator[tuple[str, str, str, list[str]]]:
    yield from _good()
    yield from _curves()
    yield from _fit()
    yield from _data()
    yield from _network()
    yield from second_recipes.second()
    yield from third_recipes.third()


def _good() -> Iterator[tuple[str, str, str, list[str]]]:
    long = ["fit.epochs=300", STOP]
    yield "good", "boston", "regularized", [
        net("boston", 32, more=", kernel_regularizer: {L2: 0.01}"), "preprocessing.target=standard",
        "preprocessing.numeric=standard", ADAM.format(0.003), *long,
    ]  # fmt: skip
    yield "good", "boston", "one-layer", [net("boston", 16), ADAM.format(0.01), *long]
    yield "good", "boston", "dropout", [
        "layers=[{Dense: {units: 64, activation: relu}}, {Dropout: 0.2}, {Dense: 1}]", ADAM.format(0.01), *long,
    ]  # fmt: skip
    yield "good", "iris", "one-layer", [net("iris", 16), ADAM.format(0.01), *long]
    yield "good", "iris", "two-layers", [net("iris", 16, 8), ADAM.format(0.005), "data.split.stratify=true", *long]
    yield "good", "titanic", "small", [net("titanic", 8), ADAM.format(0.005), *long]
    yield "good", "titanic", "dropout", [
        "layers=[{Dense: {units: 32, activation: relu}}, {Dropout: 0.3}, {Dense: {units: 1, activation: sigmoid}}]",
        ADAM.format(0.003), *long,
    ]  # fmt: skip
    yield "good", "heart", "dropout", [ADAM.format(0.003), *long]
    yield "good", "pima", "as-in-the-example", [ADAM.format(0.002), *long]
    yield "good", "digits", "dense", ["fit.epochs=100", STOP]
    yield "good", "digits", "conv", [
        "layers=[{Rescaling: 1/16}, {Reshape: {target_shape: [8, 8, 1]}}, "
        "{Conv2D: {filters: 16, kernel_size: 3, activation: relu}}, MaxPooling2D, Flatten, "
        "{Dense: {units: 10, activation: softmax}}]",
        ADAM.format(0.003), "fit.epochs=60", STOP,
    ]  # fmt: skip
    yield "good", "bike", "as-in-the-base", ["fit.epochs=80", STOP]
    yield "good", "bike", "regularized", [
        net("bike", 64, 32, more=", kernel_regularizer: {L2: 0.0001}"), "fit.epochs=80", STOP,
    ]  # fmt: skip
    yield "good", "temperature", "year-of-weeks", [
        net("temperature", 16), "preprocessing.window.length=53", "data.split={test: 53, validation: 53}",
        "preprocessing.target=standard", "preprocessing.numeric=standard", ADAM.format(0.001), *long,
    ]  # fmt: skip


def _curves() -> Iterator[tuple[str, str, str, list[str]]]:
    yield "stopped_early", "boston", "5-epochs", [ADAM.format(0.01), "fit.epochs=5"]
    yield "stopped_early", "boston", "20-epochs-slow", [net("boston", 16, 8), ADAM.format(0.003), "fit.epochs=20"]
    yield "stopped_early", "iris", "6-epochs", ["fit.epochs=6"]
    yield "stopped_early", "iris", "30-epochs-slow", [ADAM.format(0.001), "fit.epochs=30"]
    yield "stopped_early", "titanic", "3-epochs", [ADAM.format(0.003), "fit.epochs=3"]
    yield "stopped_early", "heart", "3-epochs", ["fit.epochs=3"]
    yield "stopped_early", "pima", "4-epochs", [ADAM.format(0.001), "fit.epochs=4"]
    yield "stopped_early", "digits", "2-epochs", ["fit.epochs=2"]
    yield "stopped_early", "digits", "5-epochs-slow", [ADAM.format(0.0003), "fit.epochs=5"]
    yield "stopped_early", "bike", "2-epochs", [ADAM.format(0.001), "fit.epochs=2"]
    yield "stopped_early", "temperature", "8-epochs", [ADAM.format(0.001), "fit.epochs=8", "fit.validation_split=0.2"]

    yield "jagged", "boston", "rate-x30", [net("boston", 16, activation="tanh"), ADAM.format(1.5)]
    yield "jagged", "boston", "batch-1", [net("boston", 16, activation="tanh"), ADAM.format(0.1), "fit.batch_size=1"]
    yield "jagged", "iris", "rate-x60", [net("iris", 16, 8, activation="tanh"), ADAM.format(0.6)]
    yield "jagged", "iris", "batch-1", [net("iris", 16, activation="tanh"), ADAM.format(0.1), "fit.batch_size=1"]
    yield "jagged", "titanic", "rate-x30", [net("titanic", 16, activation="tanh"), ADAM.format(0.3)]
    yield "jagged", "heart", "batch-1", [net("heart", 16, activation="tanh"), ADAM.format(0.05), "fit.batch_size=1"]
    yield "jagged", "pima", "rate-x60", [net("pima", 12, 8, activation="tanh"), ADAM.format(0.3)]
    yield "jagged", "digits", "rate-x30", [net("digits", 32, activation="tanh"), ADAM.format(0.05)]
    yield "jagged", "bike", "rate-x30", [net("bike", 32, 16, activation="tanh"), ADAM.format(0.1), "fit.epochs=30"]
    yield "jagged", "temperature", "rate-x30", [ADAM.format(0.3), "fit.validation_split=0.2", "fit.epochs=60"]


def _fit() -> Iterator[tuple[str, str, str, list[str]]]:
    scaled = ["preprocessing.target=standard", "preprocessing.numeric=standard"]
    yield "overfitting", "boston", "512-512", [
        net("boston", 512, 512), ADAM.format(0.001), "fit.epochs=300", "data.split.test=0.6", *scaled,
    ]  # fmt: skip
    yield "overfitting", "boston", "64-64-on-60-rows", [
        net("boston", 64, 64), ADAM.format(0.003), "fit.epochs=300", "data.split.test=0.85", *scaled,
    ]  # fmt: skip
    yield "overfitting", "titanic", "256-256", [net("titanic", 256, 256), ADAM.format(0.003), "fit.epochs=200"]
    yield "overfitting", "titanic", "128-few-rows", [
        net("titanic", 128), ADAM.format(0.01), "fit.epochs=200", "data.split.test=0.8",
    ]  # fmt: skip
    yield "overfitting", "heart", "256-256", [net("heart", 256, 256), ADAM.format(0.001), "fit.epochs=150"]
    yield "overfitting", "heart", "64-long", [net("heart", 64), ADAM.format(0.005), "fit.epochs=200"]
    yield "overfitting", "pima", "256-128", [net("pima", 256, 128), ADAM.format(0.001), "fit.epochs=150"]
    yield "overfitting", "pima", "64-few-rows", [
        net("pima", 64), ADAM.format(0.01), "fit.epochs=200", "data.split.test=0.7",
    ]  # fmt: skip
    yield "overfitting", "bike", "512-512-on-300-rows", [
        net("bike", 512, 512), ADAM.format(0.001), "fit.epochs=200", "data.split.test=17000", "fit.batch_size=32",
    ]  # fmt: skip
    yield "overfitting", "temperature", "256-256", [
        net("temperature", 256, 256), ADAM.format(0.001), "preprocessing.window.length=12", "fit.epochs=400",
        "fit.validation_split=0.2", *scaled,
    ]  # fmt: skip

    strong = ", kernel_regularizer: {{{}}}"
    yield "underfitting", "boston", "rate-1e-6", [ADAM.format("1e-6")]
    yield "underfitting", "boston", "l2-strong", [net("boston", 8, more=strong.format("L2: 1000")), ADAM.format(0.01)]
    yield "underfitting", "iris", "rate-1e-6", [ADAM.format("1e-6")]
    yield "underfitting", "iris", "l2-strong", [net("iris", 8, more=strong.format("L2: 3")), "fit.epochs=100"]
    yield "underfitting", "titanic", "rate-1e-6", [ADAM.format("1e-6")]
    yield "underfitting", "titanic", "l1-strong", [net("titanic", 16, more=strong.format("L1: 1"))]
    yield "underfitting", "heart", "l2-strong", [net("heart", 16, more=strong.format("L2: 3")), ADAM.format(0.005)]
    yield "underfitting", "digits", "one-unit", [net("digits", 1), "fit.epochs=30"]
    yield "underfitting", "digits", "rate-1e-6", [ADAM.format("1e-6"), "fit.epochs=30"]
    yield "underfitting", "pima", "rate-1e-6", [ADAM.format("1e-6")]
    yield "underfitting", "bike", "rate-1e-6", [ADAM.format("1e-6")]
    yield "underfitting", "bike", "l2-strong", [net("bike", 32, 16, more=strong.format("L2: 10"))]

    yield "diverged", "boston", "unscaled-sgd", [SGD.format(0.01), *RAW]
    yield "diverged", "boston", "rate-1000", [SGD.format("1000.0")]
    yield "diverged", "boston", "adam-rate-1000", [ADAM.format("1000.0"), net("boston", 16, 8, activation="leaky_relu")]
    yield "diverged", "iris", "rate-1000", [SGD.format("1000.0"), net("iris", 8, activation="leaky_relu")]
    yield "diverged", "titanic", "rate-10000", [SGD.format("10000.0"), net("titanic", 8, activation="leaky_relu")]
    yield "diverged", "pima", "rate-1000", [SGD.format("1000.0"), net("pima", 8, 8, activation="leaky_relu")]
    yield "diverged", "bike", "unscaled-sgd", [SGD.format(0.1), *RAW, "~preprocessing.target"]
    yield "diverged", "temperature", "unscaled-sgd", [SGD.format(1.0), *RAW, net("temperature", 8)]


def _data() -> Iterator[tuple[str, str, str, list[str]]]:
    for data in ("boston", "iris", "titanic", "heart", "pima", "bike"):
        yield "no_skill", data, "shuffled", [f"data.source=@{data}-shuffled", "fit.epochs=60", STOP]
    yield "no_skill", "boston", "shuffled-small-rate", [
        "data.source=@boston-shuffled", net("boston", 16), ADAM.format(0.01), "fit.epochs=200", STOP,
    ]  # fmt: skip
    yield "no_skill", "titanic", "shuffled-deep", [
        "data.source=@titanic-shuffled", net("titanic", 32, 16), ADAM.format(0.003), "fit.epochs=80", STOP,
    ]  # fmt: skip

    stopped = ["fit.epochs=100", STOP, "preprocessing.numeric=standard"]
    yield (
        "leak",
        "boston",
        "hint",
        ["data.prepare=[{derive: {hint: medv * 2 + crim / 20}}]", ADAM.format(0.01), *stopped],
    )
    yield "leak", "boston", "noisy-hint", [
        "data.prepare=[{derive: {hint: log(medv) + age / 2000}}]", ADAM.format(0.01), *stopped,
    ]  # fmt: skip
    yield "leak", "titanic", "hint", [
        "data.prepare=[{derive: {Family: SibSp + Parch + 1, Boat: Survived * 3 + Fare / 400}}]",
        "data.features=[Pclass, Sex, Age, Family, Fare, Embarked, Boat]", *stopped,
    ]  # fmt: skip
    yield "leak", "heart", "hint", ["data.prepare=[{derive: {dose: target * 40 + age / 3}}]", *stopped]
    yield "leak", "bike", "registered-in-thousands", [
        "data.prepare=[{derive: {counted: cnt * 1.1 + hum * 30}}]",
        "data.features=[season, hr, temp, hum, counted]", "fit.epochs=30", STOP,
    ]  # fmt: skip
    yield "leak", "boston", "twice", ["data.source=[@boston, @boston]", "fit.epochs=100", ADAM.format(0.01), STOP]
    yield "leak", "iris", "twice", ["data.source=[@iris, @iris]", "fit.epochs=100", STOP]
    yield "leak", "pima", "twice", ["data.source=[@pima, @pima]", "fit.epochs=60", STOP]
    yield "leak", "heart", "half-twice", ["data.source=[@heart, @heart-half]", "fit.epochs=60", STOP]
    yield "leak", "pima", "hint", [
        "data.prepare=[{derive: {visits: diabetes * 5 + age / 40}}]", "fit.epochs=60", STOP,
    ]  # fmt: skip

    yield "bad_validation", "boston", "8-rows", [NO_SPLIT, VALIDATED.format(8), ADAM.format(0.01), "fit.epochs=150"]
    yield "bad_validation", "iris", "6-rows", [NO_SPLIT, VALIDATED.format(6), "fit.epochs=100"]
    yield "bad_validation", "titanic", "10-rows", [NO_SPLIT, VALIDATED.format(10)]
    yield "bad_validation", "digits", "8-rows", [NO_SPLIT, VALIDATED.format(8), "fit.epochs=20"]
    yield "bad_validation", "iris", "sorted", ["data.split={shuffle: false}", "fit.epochs=100"]
    yield "bad_validation", "boston", "sorted", [
        "data.source=@boston-sorted", "data.split={shuffle: false}", ADAM.format(0.01), "fit.epochs=100",
    ]  # fmt: skip
    yield "bad_validation", "heart", "sorted", ["data.source=@heart-sorted", "data.split={shuffle: false}"]
    yield "bad_validation", "pima", "sorted-by-age", [
        "data.source=@pima-by-age", "data.split={shuffle: false}", "fit.validation_split=0.2",
    ]  # fmt: skip


def _network() -> Iterator[tuple[str, str, str, list[str]]]:
    cold = ", bias_initializer: {{Constant: {}}}"
    yield "dead_units", "boston", "bias-10", [net("boston", 16, more=cold.format(-10)), ADAM.format(0.01)]
    yield "dead_units", "iris", "bias-5", [net("iris", 8, 8, more=cold.format(-5))]
    yield "dead_units", "titanic", "bias-8", [net("titanic", 16, more=cold.format(-8))]
    yield "dead_units", "heart", "bias-4", [net("heart", 32, more=cold.format(-4)), ADAM.format(0.003)]
    yield "dead_units", "pima", "bias-6", [net("pima", 12, 8, more=cold.format(-6))]
    yield "dead_units", "digits", "bias-10", [net("digits", 64, 32, more=cold.format(-10)), "fit.epochs=20"]
    yield "dead_units", "boston", "rate-10", [net("boston", 32, 32), ADAM.format("10.0")]
    yield "dead_units", "heart", "rate-5", [net("heart", 32, 32), ADAM.format("5.0")]
    yield "dead_units", "digits", "rate-1", [net("digits", 64, 32), ADAM.format("1.0"), "fit.epochs=20"]

    yield "class_collapse", "pima", "rare", [
        "data.source=@pima-rare", *NO_WEIGHTS, "data.split.stratify=true", ADAM.format(0.001), "fit.epochs=40",
    ]  # fmt: skip
    yield "class_collapse", "pima", "rarer-l2", [
        "data.source=@pima-rarer", *NO_WEIGHTS, net("pima", 8, more=", kernel_regularizer: {L2: 0.01}"),
        ADAM.format(0.003), "fit.epochs=60", STOP,
    ]  # fmt: skip
    yield "class_collapse", "titanic", "rare", [
        "data.source=@titanic-rare", "data.split.stratify=true", ADAM.format(0.001), "fit.epochs=60", STOP,
    ]  # fmt: skip
    yield "class_collapse", "heart", "rare", [
        "data.source=@heart-rare", "data.split.stratify=true", "fit.epochs=50",
    ]  # fmt: skip
    yield "class_collapse", "iris", "rare", [
        "data.source=@iris-rare", "data.split.stratify=true", ADAM.format(0.005), "fit.epochs=40",
    ]  # fmt: skip
    yield "class_collapse", "bike", "busy-hours", [
        "data.prepare=[{derive: {busy: cnt > 750}}]", "data.target=busy", "preprocessing.target=null",
        "data.features=[season, workingday, temp, hum, windspeed]", "data.categorical=[season]",
        "layers=[{Dense: {units: 16, activation: relu}}, {Dense: {units: 1, activation: sigmoid}}]",
        "compile.loss=binary_crossentropy", "fit.epochs=20",
    ]  # fmt: skip
    yield "class_collapse", "bike", "storms", [
        "data.prepare=[{filter: hr < 12}, {derive: {busy: cnt > 600}}]", "data.target=busy",
        "preprocessing.target=null", "data.features=[season, temp, hum, windspeed]", "data.categorical=[season]",
        "layers=[{Dense: {units: 8, activation: relu}}, {Dense: {units: 1, activation: sigmoid}}]",
        "compile.loss=binary_crossentropy", "fit.epochs=30", STOP,
    ]  # fmt: skip

    dollars = "data.prepare=[{{derive: {{price: medv * {}}}}}]"
    priced = ["data.target=price", "data.drop=[medv]"]
    yield "unscaled_target", "boston", "dollars", [
        dollars.format(1000), *priced, net("boston", 16), ADAM.format(0.01), "fit.epochs=100",
    ]  # fmt: skip
    yield "unscaled_target", "boston", "cents", [dollars.format(100000), *priced, "fit.epochs=100"]
    yield "unscaled_target", "boston", "dollars-deep", [
        dollars.format(1000), *priced, net("boston", 32, 16), ADAM.format(0.001), "fit.epochs=50",
    ]  # fmt: skip
    yield "unscaled_target", "bike", "by-the-week", [
        "data.prepare=[{derive: {many: cnt * 50}}]", "data.target=many", "preprocessing.target=null", "fit.epochs=20",
    ]  # fmt: skip
    yield "unscaled_target", "heart", "pressure-in-pascal", [
        "data.prepare=[{derive: {pascal: trestbps * 133}}]", "data.target=pascal", "data.drop=[trestbps, target]",
        "layers=[{Dense: {units: 16, activation: relu}}, {Dense: 1}]", "compile.loss=mse", "compile.metrics=[mae]",
        "fit.epochs=100",
    ]  # fmt: skip
    yield "unscaled_target", "titanic", "fare-in-pence", [
        "data.prepare=[{derive: {Pence: Fare * 240, Family: SibSp + Parch + 1}}]", "data.target=Pence",
        "data.features=[Pclass, Sex, Age, Family, Embarked]",
        "layers=[{Dense: {units: 16, activation: relu}}, {Dense: 1}]", "compile.loss=mse", "compile.metrics=[mae]",
        ADAM.format(0.003),
    ]  # fmt: skip
    yield "unscaled_target", "temperature", "thousandths", [
        "data.prepare=[{derive: {milli: AvgTemp * 1000}}]", "data.target=milli", "data.features=[milli]",
        "fit.validation_split=0.2",
    ]  # fmt: skip
