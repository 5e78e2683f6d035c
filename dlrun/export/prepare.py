"""The lines of the prepare steps, over a DataFrame called `data`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dlrun.data.columns import columns_in_use
from dlrun.data.leaks_in_text import names_in
from dlrun.data.names import column_name
from dlrun.data.prepare.steps import needs_parts
from dlrun.export.definitions import definitions
from dlrun.export.expression import pandas_expression
from dlrun.export.facts import Facts
from dlrun.export.source import Code, Lines, Unwritable, call, column, literal

if TYPE_CHECKING:
    from dlrun.config import Config

_UNITS = ("year", "month", "day", "hour", "minute", "second")
_PARTS = {"dayofyear": "day_of_year", "weekday": "day_of_week"}


class Prepare:
    """Writes prepare steps.

    Args:
        config: The config.
        facts: Facts about its data.
        problems: Takes what cannot be written.
    """

    def __init__(self, config: Config, facts: Facts, problems: Unwritable) -> None:
        self.config = config
        self.facts = facts
        self.problems = problems
        self.times: set[str] = set()  # columns that are times already
        self._sorted_by: str | None = None
        self.filled_inside = self._filled_inside()
        self._touched: set[str] = set()  # columns whose missing values may not be those of the file

    def _filled_inside(self) -> set[str]:
        """Return the columns whose gaps are filled from other rows."""
        found: set[str] = set()
        for step in self.config.data.prepare if self.config.data is not None else ():
            if step.type == "interpolate":
                found.update(_names(step.value))
            elif step.type == "fill":
                found.update(column_name(name) for name, told in step.value.items() if told in ("ffill", "bfill"))
        return found

    @property
    def is_function(self) -> bool:
        """Whether the steps run twice: the second time they know which rows are in which part."""
        steps = self.config.data.prepare if self.config.data is not None else ()
        return any(needs_parts(step) and step.type != "drop_columns" for step in steps)

    def lines(self) -> Lines:
        """Return the lines of all steps."""
        assert self.config.data is not None
        self.times.update(self.config.data.read.parse_dates)
        lines: Lines = []
        for step in self.config.data.prepare:
            write: Callable[[Any], Lines] | None = getattr(self, f"_{step.type}", None)
            if write is None:
                self.problems.add("data.prepare", f"the step {step.type} is not one of dlrun's own")
            else:
                lines += write(step.value)
                self._touched |= names_in(step.value)
        return lines + self._clocks()

    def function(self) -> Lines:
        """Return the function `prepare(rows, part)`, for steps that fill gaps inside each part."""
        body = ["data = rows.copy()", *self.lines(), "return data"]
        doc = '"""Return the prepared rows; gaps are filled inside each part."""'
        return [*definitions(body), "", "", "def prepare(rows, part):", *(f"    {line}" for line in [doc, *body]), ""]

    def _clocks(self) -> Lines:
        """Return lines that read the clock, where it is text still."""
        data = self.config.data
        assert data is not None
        names = dict.fromkeys(column_name(name) for name in (data.time, data.split.time) if name is not None)
        text = [name for name in names if name not in self.times and self.facts.dtypes.get(name, "").startswith("date")]
        return [f"{column('data', name)} = {call('pd.to_datetime', column('data', name))}" for name in text]

    def _drop(self, value: Any) -> Lines:
        return [f"data = data.drop(columns={literal(_names(value))})"]

    def _rename(self, value: Any) -> Lines:
        pairs = {column_name(old): column_name(new) for old, new in value.items()}
        return [f"data = data.rename(columns={literal(pairs)})"]

    def _replace(self, value: Any) -> Lines:
        lines = []
        for written, pairs in value.items():
            name = column_name(written)
            keys = _keys(pairs, self.facts.is_number(name))
            is_text = any(isinstance(key, str) for key in keys.values())
            number = self.facts.is_number(name)
            table = {keys[old]: _replacement(new, is_text) for old, new in pairs.items()}
            replaced = f"{column('data', name)}.replace({literal(table)})"
            lines.append(f"{column('data', name)} = {f'pd.to_numeric({replaced})' if is_text and number else replaced}")
        return lines

    def _map(self, value: Any) -> Lines:
        lines = []
        for written, pairs in value.items():
            keys = _keys(pairs, None)
            table = {keys[old]: _replacement(new, False) for old, new in pairs.items()}
            name = column_name(written)
            lines.append(f"{column('data', name)} = {column('data', name)}.map({literal(table)})")
        return lines

    def _to_number(self, value: Any) -> Lines:
        told = value if isinstance(value, dict) else dict.fromkeys(_names(value), "error")
        return [
            f"{column('data', column_name(name))} = "
            + call("pd.to_numeric", column("data", column_name(name)),
                   **({"errors": "coerce"} if what == "missing" else {}))
            for name, what in told.items()
        ]  # fmt: skip

    def _derive(self, value: Any) -> Lines:
        pairs = {column_name(name): str(text) for name, text in value.items()}
        return [f"{column('data', name)} = {pandas_expression(text, 'data')}" for name, text in pairs.items()]

    def _filter(self, value: Any) -> Lines:
        conditions = value if isinstance(value, list) else [value]
        return [f"data = data[{pandas_expression(str(text), 'data')}]" for text in conditions]

    def _datetime(self, value: Any) -> Lines:
        lines = []
        for written, given in value.items():
            form = given.get("format") if isinstance(given, dict) else None
            names = [column_name(given["column"])] if isinstance(given, dict) else _names(given)
            if len(names) == 1:
                made: str = call("pd.to_datetime", column("data", names[0]), **({"format": form} if form else {}))
            else:
                made = self._joined_time(names)
            self.times.add(column_name(written))
            lines.append(f"{column('data', column_name(written))} = {made}")
        return lines

    def _joined_time(self, names: list[str]) -> str:
        first_is_time = names[0] in self.times or self.facts.is_number(names[0]) is False
        if not first_is_time:
            return call("pd.to_datetime", dict(zip(_UNITS, (column("data", n) for n in names), strict=False)))
        rest = [call("pd.to_timedelta", column("data", n), unit=u) for u, n in zip(_UNITS[3:], names[1:], strict=False)]
        return " + ".join([call("pd.to_datetime", column("data", names[0])), *rest])

    def _date_parts(self, value: Any) -> Lines:
        lines = []
        for item in value if isinstance(value, list) else [value]:
            name = column_name(item["column"])
            parts = item["parts"] if isinstance(item["parts"], list) else [item["parts"]]
            times = f"{column('data', name)}.dt" if name in self.times else f"pd.to_datetime({column('data', name)}).dt"
            for part in parts:
                lines.append(f"{column('data', f'{name}_{part}')} = {_part(times, part)}")
        return lines

    def _interpolate(self, value: Any) -> Lines:
        lines, fill = [], "lambda values: values.interpolate()"
        clock = self._clock()
        if clock:
            lines += clock
            fill = "lambda values: fill_by_line(values, clock)"
        for name in _names(value):
            self._fills_inside(name)
            lines.append(f"{column('data', name)} = {self._grouped(name)}.transform({fill})")
        return lines

    def _clock(self) -> Lines:
        """Return lines after which `clock` is the clock as numbers; none where gaps are filled row by row."""
        data = self.config.data
        assert data is not None
        names = [column_name(name) for name in (data.time, data.split.time, self._sorted_by) if name is not None]
        name = next(iter(names), None)
        if name is None:
            return []
        if self.facts.is_number(name):
            return [f'clock = {column("data", name)}.astype("float64")']
        if not self.facts.dtypes.get(name, "").startswith("date"):
            return []  # text, which tells no time
        times = column("data", name)
        read = times if name in self.times else call("pd.to_datetime", times)
        return [f"times = {read}", "clock = (times - times.min()) / pd.Timedelta(seconds=1)"]

    def _grouped(self, name: str) -> str:
        window = self.config.preprocessing.window
        keys: Any = Code("part")
        if window is not None and window.series is not None:
            keys = [Code("part"), column("data", column_name(window.series))]
        return column(call("data.groupby", keys), name)

    def _fills_inside(self, name: str) -> None:
        """Note that gaps of a column are filled; which labels were filled is told by the file alone."""
        targets = map(column_name, self.config.data.target if self.config.data is not None else ())
        if name in self._touched and name in targets and not self.config.evaluate.imputed_labels:
            self.problems.add("data.prepare", f"fill gaps of the target {name} after another step changed it")

    def _fill(self, value: Any) -> Lines:
        lines = []
        for written, told in value.items():
            name = column_name(written)
            if told in ("ffill", "bfill"):
                self._fills_inside(name)
                lines.append(f"{column('data', name)} = {self._grouped(name)}.{told}()")
                continue
            constant = told["constant"] if isinstance(told, dict) else told
            lines.append(f"{column('data', name)} = {column('data', name)}.fillna({literal(constant)})")
        return lines

    def _drop_missing(self, value: Any) -> Lines:
        whole = value is True or value is None
        names = columns_in_use(self.config, self.facts.dtypes) if whole else _names(value)
        return [f"data = data.dropna(subset={literal(names)})"]

    def _drop_duplicates(self, value: Any) -> Lines:
        if any(kind == "tensor" for kind in self.facts.kinds.values()):
            self.problems.add("data.prepare.drop_duplicates", "it compares columns with several axes")
        subset = "" if value is True or value is None else f"subset={literal(_names(value))}"
        return [f"data = data.drop_duplicates({subset})"]

    def _drop_columns(self, value: Any) -> Lines:
        share = value.get("missing", 0.0)
        return [
            f"# Columns missing in more than {100 * share:g} % of the training rows are left out of the list below."
        ]

    def _sort_by(self, value: Any) -> Lines:
        told = value if isinstance(value, dict) else dict.fromkeys(_names(value), "ascending")
        names = [column_name(name) for name in told]
        window = self.config.preprocessing.window
        series = column_name(window.series) if window is not None and window.series is not None else None
        self._sorted_by = next((name for name in names if name != series), names[0])
        ascending = [direction == "ascending" for direction in told.values()]
        options: dict[str, Any] = {}
        if not all(ascending):
            options["ascending"] = ascending if len(names) > 1 else ascending[0]
        if len(names) == 1:
            options["kind"] = "stable"  # several columns are sorted so anyway
        return [f"data = {call('data.sort_values', names if len(names) > 1 else names[0], **options)}"]

    def _reverse_rows(self, value: Any) -> Lines:
        return ["data = data[::-1]"]

    def _shift(self, value: Any) -> Lines:
        lines = []
        for written, told in value.items():
            source, rows = (told["column"], told["rows"]) if isinstance(told, dict) else (written, told)
            lines.append(f"{column('data', column_name(written))} = {self._shifted(source, rows)}")
        return lines

    def _lag(self, value: Any) -> Lines:
        lines = []
        for written, told in value.items():
            for rows in told if isinstance(told, list) else [told]:
                name = f"{column_name(written)}_lag_{rows}"
                lines.append(f"{column('data', name)} = {self._shifted(written, rows)}")
        return lines

    def _shifted(self, source: Any, rows: int) -> str:
        window = self.config.preprocessing.window
        frame = "data" if window is None or window.series is None else call("data.groupby", column_name(window.series))
        return f"{frame}[{literal(column_name(source))}].shift({literal(rows)})"


def _names(value: Any) -> list[str]:
    return [column_name(name) for name in (value if isinstance(value, list) else [value])]


def _keys(pairs: dict[Any, Any], is_number: bool | None) -> dict[Any, Any]:
    """Return each written key as the column holds it: a number if all keys write one and the column can hold it."""
    from dlrun.data.dtypes import cell_text
    from dlrun.data.prepare.values import as_number

    numbers = {key: as_number(cell_text(key)) for key in pairs}
    if is_number is False or any(number is None for number in numbers.values()):
        return {key: cell_text(key) for key in pairs}
    return {key: int(n) if n is not None and n.is_integer() else n for key, n in numbers.items()}


def _replacement(value: Any, is_text: bool) -> Any:
    if value is None:
        return Code("np.nan")
    return str(value) if is_text and not isinstance(value, bool) else value


def _part(times: str, part: str) -> str:
    if part == "weekend":
        return f"({times}.day_of_week >= 5).astype(int)"
    if part == "week":
        return f"{times}.isocalendar().week"
    return f"{times}.{_PARTS.get(part, part)}"
