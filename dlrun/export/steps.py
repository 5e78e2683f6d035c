"""Preprocessing steps as scikit-learn's transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlrun.catalog import keras_entry
from dlrun.config.objects import ObjectSpec
from dlrun.export.source import Code, Unwritable, call, literal
from dlrun.preprocessing.keras_layer import TAKE_INTEGERS, TAKE_TEXT

Arguments = Mapping[str, Any]
EXPANDING = frozenset({"missing_indicator"})  # columns with such a step do not share a transformer


def transformer(
    specs: Sequence[ObjectSpec], num_train: int, problems: Unwritable, is_number: bool | None = None
) -> Code | None:
    """Return a transformer that does all steps; None where there is nothing to do.

    Args:
        specs: The steps.
        num_train: The number of training rows, which bounds the number of quantiles.
        problems: Takes what cannot be written.
        is_number: Whether the columns hold numbers; None where that is not known.
    """
    through: list[Code] = []
    beside = [spec for spec in specs if spec.type == "missing_indicator"]
    for spec in specs:
        if spec.type in ("none", "missing_indicator"):
            continue
        if spec.type not in STEPS:
            through += keras_steps(spec, problems, is_number)
            continue
        through.append(STEPS[spec.type](spec.args, num_train, problems))
    whole = _pipeline(through)
    if beside:
        return call("make_union", whole or Code('"passthrough"'), call("MissingIndicator", features="all"))
    return whole


def keras_steps(spec: ObjectSpec, problems: Unwritable, is_number: bool | None) -> list[Code]:
    """Return transformers that do what a preprocessing layer of Keras does."""
    if keras_entry("layers", spec.type) is None:
        return [problems.add("preprocessing", f"the step {spec.type} is code of your own")]
    args = dict(spec.args)
    if isinstance(args.get("ngrams"), list):
        args["ngrams"] = tuple(args["ngrams"])  # Keras takes no list
    dtype = cells_dtype(spec.type, is_number)
    taken = Code("object") if dtype in ("object", "text") else literal(dtype)
    before = [Code("FunctionTransformer(as_text)")] if dtype == "text" else []
    return [*before, call("KerasStep", Code(f"layers.{spec.type}"), args, taken)]


def cells_dtype(layer: str, is_number: bool | None) -> str:
    """Return the dtype of the cells that a layer of Keras takes; "text" for numbers that have to become text."""
    if layer in TAKE_TEXT and not is_number:
        return "object"
    if layer in TAKE_INTEGERS:
        return "int64"
    if layer in TAKE_TEXT:
        return "text"
    return "float64" if layer == "Discretization" else "float32"


def encoder_of_one(specs: Sequence[ObjectSpec], category: Any, problems: Unwritable) -> Code:
    """Return a transformer that makes the feature of one category, 1 or 0."""
    before = [STEPS[spec.type](spec.args, 0, problems) for spec in specs[:-1] if spec.type in STEPS]
    if not specs or specs[-1].type != "one_hot" or len(before) != len(specs) - 1:
        return problems.add("inputs", "an encoded feature named alone, other than one of one_hot")
    one = call("OneHotEncoder", categories=[[category]], handle_unknown="ignore", sparse_output=False)
    return _pipeline([*before, one]) or one


def _pipeline(steps: list[Code]) -> Code | None:
    if not steps:
        return None
    return steps[0] if len(steps) == 1 else Code(f"make_pipeline({', '.join(steps)})")


def _min_max(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    return call("MinMaxScaler", **({"feature_range": tuple(args["feature_range"])} if "feature_range" in args else {}))


def _impute(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    if args.get("constant") is not None:
        return call("SimpleImputer", strategy="constant", fill_value=args["constant"])
    strategy = args.get("strategy", "mean")
    return call("SimpleImputer", **({"strategy": strategy} if strategy != "mean" else {}))


def _one_hot(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    drop = {"drop": args["drop"]} if args.get("drop") else {}
    return call("OneHotEncoder", **drop, handle_unknown="ignore", sparse_output=False)


def _ordinal(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    return call("OrdinalEncoder", handle_unknown="use_encoded_value", unknown_value=-1)


def _quantile(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    most = min(args.get("n_quantiles", 1000), num_train)
    normal = {"output_distribution": "normal"} if args.get("output_distribution") == "normal" else {}
    return call("QuantileTransformer", n_quantiles=most, **normal, subsample=None)


def _bucketize(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    if args.get("boundaries") is not None:
        return call("FunctionTransformer", Code("np.digitize"), kw_args={"bins": list(args["boundaries"])})
    return call(
        "KBinsDiscretizer", n_bins=args["num_bins"], encode="ordinal", strategy="quantile",
        quantile_method="averaged_inverted_cdf", subsample=None,
    )  # fmt: skip


def _clip(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    bounds = {"a_min": args.get("min"), "a_max": args.get("max")}
    return call("FunctionTransformer", Code("np.clip"), kw_args=bounds, validate=True)


def _power(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    return call("PowerTransformer", **{name: value for name, value in args.items() if value is not None})


def _robust(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    return call("RobustScaler", **{name: tuple(value) for name, value in args.items() if name == "quantile_range"})


def _plain(name: str) -> Callable[[Arguments, int, Unwritable], Code]:
    return lambda args, num_train, problems: call(name)


def _hash(args: Arguments, num_train: int, problems: Unwritable) -> Code:
    return call("FunctionTransformer", Code("hash_bins"), kw_args={"num_bins": args["num_bins"]})


STEPS: Mapping[str, Callable[[Arguments, int, Unwritable], Code]] = {
    "min_max": _min_max,
    "standard": _plain("StandardScaler"),
    "robust": _robust,
    "log1p": lambda args, num_train, problems: Code("FunctionTransformer(np.log1p, np.expm1)"),
    "power": _power,
    "quantile": _quantile,
    "clip": _clip,
    "impute": _impute,
    "one_hot": _one_hot,
    "ordinal": _ordinal,
    "bucketize": _bucketize,
    "hash": _hash,
}


def describe(specs: Sequence[ObjectSpec]) -> str:
    """Return a key by which equal steps are found."""
    return repr([(spec.type, literal(dict(spec.args))) for spec in specs])
