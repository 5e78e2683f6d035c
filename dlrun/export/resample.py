"""The lines of `preprocessing.resample`: which training rows are repeated or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.config.heads import heads_of
from dlrun.data.names import column_name
from dlrun.export.facts import Facts
from dlrun.export.source import Lines, Unwritable, column

if TYPE_CHECKING:
    from dlrun.config import Config

_OVER = [
    "# Rows of smaller classes are repeated at random until all classes are of one size.",
    "random = np.random.RandomState(SEED)",
    "chosen = np.arange(len(train))",
    "classes, counts = np.unique(TARGET, return_counts=True)",
    "for label, count in zip(classes, counts):",
    "    if label != classes[counts.argmax()]:",
    "        own = np.flatnonzero(TARGET == label)",
    "        chosen = np.append(chosen, random.choice(own, size=counts.max() - count))",
]
_UNDER = [
    "# Rows of larger classes are left out at random until all classes are of one size.",
    "random = np.random.RandomState(SEED)",
    "chosen = np.array([], dtype=int)",
    "classes, counts = np.unique(TARGET, return_counts=True)",
    "for label, count in zip(classes, counts):",
    "    own = np.flatnonzero(TARGET == label)",
    "    if label != classes[counts.argmin()]:",
    "        own = own[random.choice(range(count), size=counts.min(), replace=False)]",
    "    chosen = np.append(chosen, own)",
]


def resample_lines(config: Config, facts: Facts, problems: Unwritable) -> Lines:
    """Return lines after which `chosen` are the positions of the rows to train on, `x_resampled` and so on those."""
    specs = config.preprocessing.resample
    target = column_name(heads_of(config)[0].targets[0])
    whole = {"oversample": ("not majority", "auto"), "undersample": ("not minority", "auto")}
    two = len(facts.classes.get(target, ())) == 2
    strategy = specs[0].args.get("sampling_strategy", "auto")
    known = strategy in whole.get(specs[0].type, ()) or (two and strategy in ("minority", "majority"))
    if len(specs) > 1 or not known or config.preprocessing.window is not None or config.outputs:
        problems.add("preprocessing.resample", "other than one step that makes all classes even")
        return []
    lines = _OVER if specs[0].type == "oversample" else _UNDER
    labels = f"{column('train', target)}.to_numpy()"
    made = [line.replace("TARGET", "own_labels") for line in lines]
    made.insert(1, f"own_labels = {labels}")
    several = len(facts.shapes) > 1
    x = "{name: array[chosen] for name, array in x_train.items()}" if several else "x_train[chosen]"
    return [*made, f"x_resampled, y_resampled = {x}, y_train[chosen]", ""]
