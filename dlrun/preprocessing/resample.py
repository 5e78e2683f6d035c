"""Make classes even by repeating or leaving out training rows; imbalanced-learn's words, meaning and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlrun.catalog import RESAMPLERS
from dlrun.errors import ConfigError, DataError, Problem, did_you_mean
from dlrun.preprocessing.categories import category_text
from dlrun.preprocessing.labels import Labels
from dlrun.preprocessing.state import is_number
from dlrun.preprocessing.step import Array

if TYPE_CHECKING:
    from dlrun.config import Config

OVER = ("minority", "not minority", "not majority", "all", "auto")
UNDER = ("majority", "not minority", "not majority", "all", "auto")
Counts = dict[Any, int]  # label to number of rows, in sorted order


def resample_rows(config: Config, labels: Array, seed: int) -> Array:
    """Return the positions of the training rows to train on: a pure function of config, labels and seed.

    Args:
        config: The config; `preprocessing.resample` holds the steps, done in order.
        labels: The class of every training row, `(num_rows,)`.
        seed: Seed of the random choice.

    Returns:
        Positions `(num_resampled_rows,)`; a position may occur several times.

    Raises:
        ConfigError: If a step asks for what it cannot do.
    """
    rows = np.arange(len(labels))
    for spec in config.preprocessing.resample:
        try:
            resampler = RESAMPLERS[spec.type](**spec.args)
            rows = rows[resampler.rows(labels[rows], np.random.RandomState(seed))]
        except (TypeError, ValueError) as error:
            raise ConfigError(config.problem(spec.path, f"{spec.type}: {error}")) from error
    return rows


class Oversample:
    """Repeat random rows of small classes; imbalanced-learn's `RandomOverSampler`.

    Args:
        sampling_strategy: Which classes grow to the largest one's size: minority (the smallest alone), not majority
            (all but the largest, which is also auto), not minority, all; or a fraction for two classes: rows of the
            smaller one for each of the larger; or `{label: number of rows}`.
    """

    def __init__(self, sampling_strategy: str | float | Mapping[str, int] = "not majority") -> None:
        self.sampling_strategy = _checked(sampling_strategy, OVER)

    def rows(self, labels: Array, random: np.random.RandomState) -> Array:
        """Return positions: every row once, in order, then the repeated ones, class by class."""
        counts = _counts(labels)
        positions = [np.arange(len(labels))]
        for label, wanted in self._sizes(counts).items():
            if wanted < counts[label]:
                raise ValueError(f"class '{category_text(label)}' has {counts[label]} rows already, not {wanted}")
            own = np.flatnonzero(labels == label)
            positions.append(random.choice(own, size=wanted - counts[label], replace=True))
        return np.concatenate(positions)

    def _sizes(self, counts: Counts) -> Counts:
        if isinstance(self.sampling_strategy, Mapping):
            return _by_label(self.sampling_strategy, counts)
        if isinstance(self.sampling_strategy, float):
            small, large = _two(counts)
            return {small: int(counts[large] * self.sampling_strategy)}
        return dict.fromkeys(_chosen(self.sampling_strategy, counts, "not majority"), max(counts.values()))


class Undersample:
    """Leave out random rows of large classes; imbalanced-learn's `RandomUnderSampler`.

    Args:
        sampling_strategy: Which classes shrink to the smallest one's size: majority (the largest alone), not minority
            (all but the smallest, which is also auto), not majority, all; or a fraction for two classes: rows of the
            smaller one for each of the larger that stays; or `{label: number of rows}`.
    """

    def __init__(self, sampling_strategy: str | float | Mapping[str, int] = "not minority") -> None:
        self.sampling_strategy = _checked(sampling_strategy, UNDER)

    def rows(self, labels: Array, random: np.random.RandomState) -> Array:
        """Return the positions that stay, class by class in sorted order."""
        counts = _counts(labels)
        sizes = self._sizes(counts)
        positions = []
        for label, count in counts.items():
            own = np.flatnonzero(labels == label)
            wanted = sizes.get(label)
            if wanted is not None:
                if wanted > count:
                    raise ValueError(f"class '{category_text(label)}' has {count} rows, not {wanted}")
                own = own[random.choice(range(count), size=wanted, replace=False)]
            positions.append(own)
        return np.concatenate(positions)

    def _sizes(self, counts: Counts) -> Counts:
        if isinstance(self.sampling_strategy, Mapping):
            return _by_label(self.sampling_strategy, counts)
        if isinstance(self.sampling_strategy, float):
            small, large = _two(counts)
            return {large: int(counts[small] / self.sampling_strategy)}
        return dict.fromkeys(_chosen(self.sampling_strategy, counts, "not minority"), min(counts.values()))


def _checked(strategy: Any, words: tuple[str, ...]) -> Any:
    if isinstance(strategy, str) and strategy in words:
        return strategy
    if is_number(strategy) and 0 < strategy <= 1:
        return float(strategy)
    if isinstance(strategy, Mapping) and strategy and all(_is_count(count) for count in strategy.values()):
        return strategy
    hint = did_you_mean(strategy, words) if isinstance(strategy, str) else f"There are: {', '.join(words)}."
    raise ValueError(f"sampling_strategy is a word, a fraction or {{label: rows}}; this is {strategy!r}. {hint}")


def _is_count(count: Any) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count >= 0


def _counts(labels: Array) -> Counts:
    values, counts = np.unique(labels, return_counts=True)
    if len(values) < 2:
        raise DataError(Problem("resampling needs two classes or more in the training rows"))
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _chosen(strategy: str, counts: Counts, auto: str) -> list[Any]:
    """Return the classes that a word means; of classes of one size the first counts, as in imbalanced-learn."""
    word = auto if strategy == "auto" else strategy
    smallest, largest = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if word in ("minority", "majority"):
        return [smallest if word == "minority" else largest]
    left_out = {"not minority": smallest, "not majority": largest}.get(word)
    return [label for label in counts if word == "all" or label != left_out]


def _two(counts: Counts) -> tuple[Any, Any]:
    if len(counts) != 2:
        raise ValueError(f"a fraction is for two classes; there are {len(counts)}")
    small, large = sorted(counts, key=counts.__getitem__)
    return small, large


def _by_label(wanted: Mapping[str, int], counts: Counts) -> Counts:
    known = Labels("", tuple(counts))
    codes = {str(text): known.find(text) for text in wanted}
    for text, code in codes.items():
        if code is None:
            raise ValueError(f"no label '{text}'. {did_you_mean(text, known.texts)}".strip())
    sizes = {codes[str(text)]: count for text, count in wanted.items()}
    return {label: sizes[code] for code, label in enumerate(counts) if code in sizes}
