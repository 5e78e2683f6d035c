"""Which features go into which input of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.errors import ConfigError, Problem, did_you_mean
from dlrun.preprocessing.block import Block
from dlrun.preprocessing.plan import specs_of

if TYPE_CHECKING:
    from dlrun.config import Config

DEFAULT_INPUT = "features"


@dataclass(frozen=True)
class InputShape:
    """One input of the network.

    Args:
        shape: Of a row, without the axis of rows.
        dtype: float32, or int32 for a sequence of integers.
        features: The features' names in order; the column's name for a column that is an input of its own.
    """

    shape: tuple[int, ...]
    dtype: str
    features: list[str]


@dataclass(frozen=True)
class Source:
    """Where a feature comes from: the block's position, and the feature's position in the block's rows."""

    block: int
    feature: int


def columns_needed(config: Config, features: Sequence[str]) -> list[str]:
    """Return the columns that the inputs may draw on: all features, or those that `inputs` names.

    An encoded name, `ShelveLoc_Good`, may come from every column that it begins with.
    """
    if not config.inputs:
        return list(features)
    named = [name for key, given in config.inputs.items() for name in given.columns or (key,)]
    exact = set(named) & set(features)
    encoded = [name for name in named if name not in exact]
    return [c for c in features if c in exact or any(name.startswith(f"{c}_") for name in encoded)]


def connect(config: Config, blocks: Sequence[Block], features: Sequence[str]) -> dict[str, list[Source]]:
    """Return for each input its features' sources, in the order written.

    Raises:
        ConfigError: If an input names something unknown, or mixes features with a column that is an input of its own.
    """
    by_column: dict[str, list[Source]] = {}
    by_name: dict[str, Source] = {}
    for b, block in enumerate(blocks):
        for i, (name, owner) in enumerate(zip(block.names, block.owners, strict=True)):
            by_column.setdefault(owner, []).append(Source(b, i))
            by_name.setdefault(name, Source(b, i))
    if not config.inputs:
        return _default_input(config, blocks, [source for c in features for source in by_column.get(c, ())])
    sources, problems = _named_inputs(config, by_column, by_name, features)
    problems += _mixtures(config, blocks, sources)
    if problems:
        raise ConfigError(*problems)
    return sources


def _default_input(config: Config, blocks: Sequence[Block], sources: list[Source]) -> dict[str, list[Source]]:
    own = [blocks[s.block] for s in sources if blocks[s.block].is_own_input]
    if not own:
        return {DEFAULT_INPUT: sources}
    if len(sources) == 1:
        return {own[0].columns[0]: sources}
    names = ", ".join(f"'{block.columns[0]}'" for block in own)
    verb = (
        "has several axes or is a sequence, so it is an input of its own"
        if len(own) == 1
        else ("have several axes or are sequences, so each is an input of its own")
    )
    fix = "Name the network's inputs: inputs: {a: [...], b: [...]}; or choose with data: features."
    raise ConfigError(config.problem(("data",), f"{names} {verb}, and there are other features", fix))


def _named_inputs(
    config: Config, by_column: dict[str, list[Source]], by_name: dict[str, Source], features: Sequence[str]
) -> tuple[dict[str, list[Source]], list[Problem]]:
    sources: dict[str, list[Source]] = {}
    problems = []
    for key, given in config.inputs.items():
        sources[key] = []
        for i, name in enumerate(given.columns or (key,)):
            if name in by_column:
                sources[key] += by_column[name]
            elif name in by_name:
                sources[key].append(by_name[name])
            else:
                fix = did_you_mean(name, dict.fromkeys([*features, *by_name]))
                problems.append(config.problem(("inputs", key, i), f"no feature '{name}'", fix))
    return sources, problems


def _mixtures(config: Config, blocks: Sequence[Block], sources: dict[str, list[Source]]) -> list[Problem]:
    problems = []
    for key, wanted in sources.items():
        own = [blocks[s.block].columns[0] for s in wanted if blocks[s.block].is_own_input]
        if own and len(wanted) > 1:
            what = f"'{own[0]}' has several axes or is a sequence, so nothing can stand beside it in an input"
            problems.append(config.problem(("inputs", key), what, "Give it an input of its own."))
    return problems


def columns_used(blocks: Sequence[Block], sources: dict[str, list[Source]], features: Sequence[str]) -> list[str]:
    """Return the columns that some input draws on, in the features' order."""
    used = {blocks[s.block].owners[s.feature] for wanted in sources.values() for s in wanted}
    return [name for name in features if name in used]


def shape_of(blocks: Sequence[Block], sources: list[Source]) -> InputShape:
    """Return the shape of the input with these sources."""
    first = blocks[sources[0].block]
    if first.is_own_input:
        return InputShape(first.shape, first.dtype, list(first.columns))
    return InputShape((len(sources),), "float32", [blocks[s.block].names[s.feature] for s in sources])


def without_default(config: Config, kinds: dict[str, str], names: Sequence[str]) -> list[Problem]:
    """Return a problem for each text column that no step turns into numbers."""
    return [
        config.problem(("preprocessing", "columns"), f"'{name}' is text and has no steps", "Add TextVectorization.")
        for name in names
        if kinds[name] == "text" and not specs_of(config, name, "text")
    ]
