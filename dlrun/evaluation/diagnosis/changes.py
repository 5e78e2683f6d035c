"""The change of the config that goes with a verdict: keys of the resolved config to new values, None to remove.

One change at a time, in the course's order: what costs least first (epochs, early stopping, learning rate), then the
network's size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.config.dump import plain_values
from dlrun.config.objects import ObjectSpec
from dlrun.keras_catalog import keras_entry

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.evaluation.diagnosis.evidence import Evidence

Change = dict[str, Any]
Remedy = tuple[str, Change]

SLOW = 1e-5  # a learning rate at which nothing moves
ROUGH = 10  # times the optimizer's default rate
HIGH = 100  # times the optimizer's default rate
STRONG = 0.1  # a penalty; 1e-5 to 1e-2 are usual
MILD = 1e-4
NARROW = 2  # units, through which hardly anything passes
USUAL_UNITS, MOST_UNITS = 32, 512
SMALL_BATCH, USUAL_BATCH = 8, 32
LARGE_INPUT = 10.0
_DROPOUTS = ("Dropout", "GaussianDropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise")


# What the config says


def learning_rate(config: Config) -> float | None:
    """Return the optimizer's learning rate, the default where none is given; None for a schedule."""
    if config.compile is None:
        return None
    given = config.compile.optimizer.args.get("learning_rate", _default_rate(config))
    return float(given) if isinstance(given, (int, float)) else None


def penalties(config: Config) -> list[tuple[int, ObjectSpec, str, float]]:
    """Return position, layer, argument and strength of every penalty on weights or outputs."""
    return [
        (position, layer, name, _strength(value))
        for position, layer in enumerate(config.layers)
        for name, value in layer.args.items()
        if name.endswith("_regularizer") and value is not None
    ]


def shakes_training(config: Config) -> bool:
    """Tell whether the training loss is noisy by design: dropout, noise, augmentation."""
    inner = (layer.args.get("dropout") or layer.args.get("recurrent_dropout") for layer in config.layers)
    return any(layer.type in _DROPOUTS or layer.type.startswith("Random") for layer in config.layers) or any(inner)


def steps_are_rough(config: Config) -> bool:
    """Tell whether the config itself explains a curve that jumps: a tiny batch, or a large learning rate."""
    batch = config.fit.batch_size if config.fit is not None else USUAL_BATCH
    rate = learning_rate(config)
    return batch < SMALL_BATCH or (rate is not None and rate > ROUGH * _default_rate(config))


def cause_of_underfitting(config: Config) -> str:
    """Return what in the config keeps the network from learning, a clause; empty where nothing is plain."""
    rate = learning_rate(config)
    if rate is not None and rate <= SLOW:
        return f"with a learning rate of {rate:g} it hardly moves"
    if rate is not None and rate > HIGH * _default_rate(config):
        return f"with a learning rate of {rate:g} every step goes too far"
    strongest = max((strength for *_, strength in penalties(config)), default=0.0)
    if strongest >= STRONG:
        return f"a penalty of {strongest:g} holds its weights near 0"
    narrow = [layer.args["units"] for _, layer in _hidden(config) if _units(layer) <= NARROW]
    return (
        f"nothing but {narrow[0]} unit{'s' * (narrow[0] > 1)} of a hidden layer passes on what it sees"
        if narrow
        else ""
    )


# What to do


def for_stopped(e: Evidence) -> Remedy:
    """More epochs; the loss tells how many."""
    epochs = max(3 * e.epochs, 30)
    rate = learning_rate(e.config)
    other = f", or try a larger learning rate than {rate:g}" if rate is not None else ""
    return f"Train longer: {epochs} epochs{other}.", {"fit.epochs": epochs}


def for_jagged(e: Evidence) -> Remedy:
    """A larger batch where it is tiny, else a smaller learning rate."""
    batch = e.config.fit.batch_size if e.config.fit is not None else USUAL_BATCH
    if batch < SMALL_BATCH:
        return f"Average over more rows: batch_size {USUAL_BATCH}.", {"fit.batch_size": USUAL_BATCH}
    rate = learning_rate(e.config)
    if rate is None:
        return "Let the schedule begin lower.", {}
    return f"Take smaller steps: a learning rate of {rate / 10:g}, or larger batches.", _rate(e.config, rate / 10)


def for_overfitting(e: Evidence, best: int) -> Remedy:
    """Early stopping; then dropout."""
    stops = [(i, c) for i, c in enumerate(e.config.callbacks) if c.type == "EarlyStopping"]
    further = "Then dropout, L1/L2 penalties, or a smaller network; more rows help most."
    if stops and not stops[0][1].args.get("restore_best_weights"):
        change = {f"callbacks.{stops[0][0]}.EarlyStopping.restore_best_weights": True}
        return f"Let EarlyStopping take the best weights back. {further}", change
    if not stops:
        patience = min(max(5, e.epochs // 10), 30)
        stop = {"EarlyStopping": {"monitor": "val_loss", "patience": patience, "restore_best_weights": True}}
        said = f"Stop at the best epoch (fit.epochs={best}, or EarlyStopping with the best weights)."
        return f"{said} {further}", {"callbacks": [*_plain(e.config, "callbacks"), stop]}
    hidden = _hidden(e.config)
    if not hidden:
        return "Fewer features, or more rows.", {}
    layers = _plain(e.config, "layers")
    layers.insert(hidden[-1][0] + 1, {"Dropout": 0.3})
    return f"Add dropout after the last hidden layer. {further}", {"layers": layers} if not e.config.inputs else {}


def for_underfitting(e: Evidence) -> Remedy:
    """Take away what holds it back; else a larger network."""
    rate = learning_rate(e.config)
    usual = _default_rate(e.config)
    if rate is not None and (rate <= SLOW or rate > HIGH * usual):
        size = "larger" if rate < usual else "smaller"
        return f"Take {size} steps: a learning rate of {usual:g}.", _rate(e.config, usual)
    strong = [found for found in penalties(e.config) if found[3] >= STRONG]
    if strong:
        change = {f"layers.{i}.{layer.type}.{name}": {"L2": MILD} for i, layer, name, _ in strong}
        return f"Penalize less: L2 of {MILD:g}.", change
    hidden = _hidden(e.config)
    if not hidden:
        layers = _plain(e.config, "layers")
        layers.insert(len(layers) - 1, {"Dense": {"units": USUAL_UNITS, "activation": "relu"}})
        change = {"layers": layers} if not e.config.inputs and not e.config.outputs else {}
        return "Give it a hidden layer.", change
    wider = {
        f"layers.{i}.{layer.type}.units": min(max(4 * _units(layer), USUAL_UNITS), MOST_UNITS)
        for i, layer in hidden
        if _units(layer) < MOST_UNITS
    }
    return "Use a larger network: more units, or another layer; a larger learning rate may help, too.", wider


def for_divergence(e: Evidence) -> Remedy:
    """Scale the inputs; else a smaller learning rate."""
    scaled = _scales_inputs(e.config)
    if not scaled and e.rows is not None and (e.rows.largest or 0.0) > LARGE_INPUT:
        said = f"Scale the inputs, of which the largest is {e.rows.largest:,.0f}; then a smaller learning rate."
        return said, {"preprocessing.numeric": "standard"}
    rate, usual = learning_rate(e.config), _default_rate(e.config)
    if rate is None:
        return "Let the schedule begin lower, or give the optimizer `clipnorm: 1.0`.", {}
    lower = usual if rate > usual else rate / 10
    return f"Take smaller steps: a learning rate of {lower:g}.", _rate(e.config, lower)


def for_dead_units(e: Evidence) -> Remedy:
    """Take away what pushed them below 0; else let a gradient through."""
    cold = [(i, layer) for i, layer in enumerate(e.config.layers) if _is_negative(layer.args.get("bias_initializer"))]
    if cold:
        change: Change = {f"layers.{i}.{layer.type}.bias_initializer": None for i, layer in cold}
        return "Let the biases begin at 0, as is Keras's default.", change
    rate, usual = learning_rate(e.config), _default_rate(e.config)
    if rate is not None and rate > HIGH * usual:
        return f"Smaller steps do not throw units out: a learning rate of {usual:g}.", _rate(e.config, usual)
    if not _scales_inputs(e.config) and e.rows is not None and (e.rows.largest or 0.0) > LARGE_INPUT:
        return "Scale the inputs.", {"preprocessing.numeric": "standard"}
    rectified = [(i, layer) for i, layer in enumerate(e.config.layers) if layer.args.get("activation") == "relu"]
    change = {f"layers.{i}.{layer.type}.activation": "leaky_relu" for i, layer in rectified}
    return "Use leaky_relu, whose gradient is never 0, or a smaller learning rate.", change


def without_feature(config: Config, column: str) -> Change:
    """Leave a feature out."""
    data = config.data
    if data is None or config.inputs:
        return {}
    change: Change = {}
    if column in config.preprocessing.columns:
        change[f'preprocessing.columns."{column}"'] = None
    if data.features is not None:
        return {**change, "data.features": [name for name in data.features if name != column]}
    return {**change, "data.drop": [*data.drop, column]}


def without_repeats(config: Config) -> Change:
    """Keep one of several equal rows."""
    prepare = _plain(config, "data").get("prepare", [])
    return {"data.prepare": [*prepare, {"drop_duplicates": True}]}


def more_validation(config: Config) -> Change:
    """Draw a fifth of the rows at random for validation; nothing where time, groups or files decide on the parts."""
    data, fit = config.data, config.fit
    if data is None or fit is None or data.validation_source or config.preprocessing.window is not None:
        return {}
    split = data.split
    if split.time is not None or split.group is not None or split.column is not None:
        return {}
    change: Change = {"data.split.validation": 0.2}
    if config.is_given(("fit", "validation_split")):
        change["fit.validation_split"] = None
    if split.shuffle is False:
        change["data.split.shuffle"] = True
    return change


# Parts of these


def _rate(config: Config, value: float) -> Change:
    assert config.compile is not None
    value = float(f"{value:.3g}")
    spec = config.compile.optimizer
    if not config.is_given(("compile", "optimizer")):
        return {"compile.optimizer": {"RMSprop": {"learning_rate": value}}}
    return {f"compile.optimizer.{spec.type}.learning_rate": value}


def _default_rate(config: Config) -> float:
    entry = keras_entry("optimizers", config.compile.optimizer.type) if config.compile is not None else None
    given = {p.name: p.default for p in entry.parameters} if entry is not None else {}
    rate = given.get("learning_rate")
    return float(rate) if isinstance(rate, (int, float)) else 1e-3


def _hidden(config: Config) -> list[tuple[int, ObjectSpec]]:
    """Return position and layer of those with units that are no output."""
    outputs = set(config.outputs.values())
    last = len(config.layers) - 1
    return [
        (i, layer)
        for i, layer in enumerate(config.layers)
        if _units(layer) and (layer.name not in outputs if outputs else i != last)
    ]


def _units(layer: ObjectSpec) -> int:
    units = layer.args.get("units")
    return units if isinstance(units, int) else 0


def _strength(value: Any) -> float:
    if not isinstance(value, ObjectSpec):
        return 0.01  # Keras's default, where the penalty is a bare name
    return max((abs(v) for v in value.args.values() if isinstance(v, (int, float))), default=0.01)


def _is_negative(value: Any) -> bool:
    numbers = value.args.values() if isinstance(value, ObjectSpec) else ()
    return isinstance(value, ObjectSpec) and value.type.lower() == "constant" and any(_below(v) for v in numbers)


def _below(value: Any) -> bool:
    return isinstance(value, (int, float)) and value < 0


def _scales_inputs(config: Config) -> bool:
    steps = [*config.preprocessing.numeric, *(s for steps in config.preprocessing.columns.values() for s in steps)]
    layers = {layer.type for layer in config.layers}
    return any(s.type != "none" for s in steps) or bool(layers & {"Rescaling", "Normalization", "BatchNormalization"})


def _plain(config: Config, section: str) -> Any:
    """Return a section as plain values, as resolved.yaml has it."""
    return plain_values(config).get(section, {} if section == "data" else [])
