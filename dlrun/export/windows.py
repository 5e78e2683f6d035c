"""The lines that make windows of rows: a function `examples(name)` of inputs and labels of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.data.names import column_name
from dlrun.export.facts import Facts
from dlrun.export.source import Code, Lines, Unwritable, call, column, literal

if TYPE_CHECKING:
    from dlrun.config import Config


def clock_name(config: Config) -> str | None:
    """Return the clock's column: `data.time`, else `split.time`, else the last `sort_by`; None without any."""
    assert config.data is not None
    window = config.preprocessing.window
    series = column_name(window.series) if window is not None and window.series is not None else None
    told = [name for name in (config.data.time, config.data.split.time) if name is not None]
    for step in reversed(config.data.prepare):
        if step.type == "sort_by":
            names = list(step.value) if isinstance(step.value, dict | list) else [step.value]
            told += [next((name for name in names if column_name(name) != series), names[0])]
            break
    found = column_name(told[0]) if told else None
    return None if found == series else found


def order_lines(config: Config) -> Lines:
    """Return the line that puts `data` in order of time, before it is cut."""
    clock = clock_name(config)
    return [] if clock is None else [f"data = {call('data.sort_values', clock, kind='stable')}"]


def window_lines(config: Config, facts: Facts, problems: Unwritable) -> Lines:
    """Return lines after which `input_rows`, `label_rows` and `part` tell which rows make which example."""
    window = config.preprocessing.window
    assert window is not None and config.data is not None
    lines: Lines = regular_lines(config, problems)
    lines += [f"LENGTH = {window.length}  # rows that go in", f"HORIZON = {window.horizon}  # rows to predict"]
    lines += [f"GAP = {window.gap}  # rows between the two"] * (window.gap > 0)
    lines += [""]
    lines += _segments(config, facts)
    gap = " + GAP" if window.gap else ""
    lines += [
        f"first = np.arange(len(data) - LENGTH{gap.replace('+', '-')} - HORIZON + 1)",
        "input_rows = first[:, None] + np.arange(LENGTH)  # (num_examples, LENGTH)",
        f"label_rows = first[:, None] + LENGTH{gap} + np.arange(HORIZON)  # (num_examples, HORIZON)",
    ]
    lines += _kept(config)
    return [*lines, *_parts(facts)]


def _segments(config: Config, facts: Facts) -> Lines:
    """Return lines that number the stretches of rows that no window may leave, as `segment`."""
    window = config.preprocessing.window
    assert window is not None
    clock = clock_name(config)
    lines: Lines = []
    same = ""
    if window.series is not None:
        series = column_name(window.series)
        lines += [
            "# The rows of a series stand together, those of the first row's series first.",
            f"series = pd.factorize({column('data', series)})[0]",
            'data = data.iloc[np.argsort(series, kind="stable")]',
        ]
        if is_regular(config):
            lines.append(f"data = pd.concat([regular(own) for _, own in data.groupby({literal(series)}, sort=False)])")
            lines.append(f"series = pd.factorize({column('data', series)})[0]")
        lines.append("series = np.sort(series)")
        same = "new_series = np.diff(series, prepend=series[0]) != 0"
    elif is_regular(config):
        lines.append("data = regular(data)")
    if clock is None:
        return [*lines, same, "segment = np.cumsum(new_series)"] if same else lines
    times = column("data", clock)
    if facts.monthly:
        steps = f"({times}.dt.year * 12 + {times}.dt.month).diff()"
    elif facts.dtypes.get(clock, "").startswith("date"):
        steps = f"{times}.diff() / pd.Timedelta(seconds=1)"
    else:
        steps = f"{times}.diff().round(9)"
    lines += [f"steps = ({steps}).to_numpy()", *([same] if same else [])]
    forward = "(steps > 0) & ~new_series" if same else "steps > 0"
    lines += [
        "# A step larger than the commonest one is a gap, which no window crosses.",
        f"values, counts = np.unique(steps[{forward}], return_counts=True)",
        "gap = steps > values[counts.argmax()] * (1 + 1e-6)",
        f"segment = np.cumsum({'gap | new_series' if same else 'gap'})",
    ]
    return lines


def has_segments(config: Config) -> bool:
    """Tell whether the script has `segment`: rows may have gaps, or be of several series."""
    window = config.preprocessing.window
    return window is not None and (window.series is not None or clock_name(config) is not None)


def _kept(config: Config) -> Lines:
    """Return lines that leave out examples over a border, and those between strides."""
    window = config.preprocessing.window
    assert window is not None
    segmented = has_segments(config)
    conditions = ["segment[first] == segment[label_rows[:, -1]]"] if segmented else []
    if is_regular(config):
        conditions.append("data.index[input_rows[:, -1]] != -1")
    if window.stride > 1:
        begin = "(first - np.searchsorted(segment, segment[first]))" if segmented else "first"
        conditions.append(f"{begin} % {window.stride} == 0")
    if not conditions:
        return []
    both = conditions[0] if len(conditions) == 1 else " & ".join(f"({condition})" for condition in conditions)
    return [f"kept = {both}", "input_rows, label_rows = input_rows[kept], label_rows[kept]"]


def _parts(facts: Facts) -> Lines:
    given = [f"part[data.index.isin({name}.index)] = {literal(name)}" for name in facts.parts]
    return [
        "# An example belongs to the part of its label rows; it may look back over a border,",
        "# never forward.",
        'part = np.full(len(data), "", dtype=object)',
        *given,
    ]


def is_regular(config: Config) -> bool:
    """Tell whether the script fills in rows that lack."""
    return config.data is not None and config.data.frequency is not None


def regular_lines(config: Config, problems: Unwritable) -> Lines:
    """Return the function `regular`, for `data.frequency`; nothing without it."""
    if config.data is None or config.data.frequency is None:
        return []
    clock, every, fill = clock_name(config), config.data.frequency.every, config.data.frequency.fill
    if clock is None:
        return [problems.add("data.frequency", "rows without a clock")]
    name, times = literal(clock), column("rows", clock)
    how = {
        "interpolate": "np.interp(grid.get_indexer(lacking), grid.get_indexer(known), rows[name])",
        "zero": "0.0",
    }
    numbers = ['    for name in rows.select_dtypes("number"):', f"        new[name] = {how.get(fill, '')}"]
    return [
        "",
        "",
        "def regular(rows):",
        '    """Return the rows with one for every step of the clock; those that lack have the number -1."""',
        f"    known = pd.DatetimeIndex({times})",
        f"    grid = pd.date_range(known[0], known[-1], freq={literal(every)})",
        "    lacking = grid.difference(known)",
        f"    new = rows.iloc[known.searchsorted(lacking) - 1].assign(**{{{name}: lacking}})",
        *(numbers if fill in how else []),
        "    new.index = np.full(len(new), -1)",
        f'    return {call("pd.concat", Code("[rows, new]"))}.sort_values({name}, kind="stable")',
        "",
        "",
    ]


def example_lines(several_inputs: bool, label_form: str, named_outputs: bool) -> Lines:
    """Return the function `examples`, and before it all rows' inputs and labels.

    Args:
        several_inputs: Whether inputs are a mapping.
        label_form: What makes labels `(num_examples, horizon, num_targets)` fit the output: an index, or nothing.
        named_outputs: Whether labels are a mapping.
    """
    x, y = "x_rows[input_rows[own]]", f"y_rows[label_rows[own]]{label_form}"
    if several_inputs:
        x = "{key: rows[input_rows[own]] for key, rows in x_rows.items()}"
    if named_outputs:
        y = f"{{key: rows[label_rows[own]]{label_form} for key, rows in y_rows.items()}}"
    return [
        "x_rows, y_rows = inputs(data), labels(data)",
        "",
        "",
        "def examples(name):",
        '    """Return the label rows, inputs (examples, LENGTH, features) and labels of a part."""',
        "    own = (part[label_rows] == name).all(axis=1)",
        f"    x, y = {x}, {y}",
        "    return data.iloc[label_rows[own].ravel()], x, y",
        "",
        "",
    ]
