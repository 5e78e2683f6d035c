"""The page itself: templates, style and script put together into one file that loads nothing and runs nothing else.

A policy in the page's head lets the browser run the two scripts that dlrun brought, known by their hashes, and
nothing that a column's name or a note might smuggle in. All values are escaped where they are put in.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dlrun.files import strict
from dlrun.plots.style import number
from dlrun.report.charts import Chart
from dlrun.report.section import Section

_STYLES = ("uPlot.min.css", "page.css")
_SCRIPTS = ("uPlot.min.js", "page.js")
_NO_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), 65533)


def page(title: str, header: dict[str, Any], sections: Sequence[Section]) -> str:
    """Return the HTML of a page.

    Args:
        title: Of the page.
        header: What stands above the sections; see `templates/header.html`.
        sections: From top to bottom.
    """
    charts: list[Chart] = []

    def place(chart: Chart) -> int:
        charts.append(chart)
        return len(charts) - 1

    text = (
        _environment()
        .get_template("page.html")
        .render(
            title=title,
            header=header,
            sections=sections,
            policy=_policy(),
            styles=[Markup(_asset(name)) for name in _STYLES],
            scripts=[Markup(_asset(name)) for name in _SCRIPTS],
            place=place,
            data=lambda: Markup(script_json([chart.to_json() for chart in charts])),
        )
    )
    return text.translate(_NO_CONTROL).encode("utf-8", "replace").decode("utf-8")


def script_json(value: Any) -> str:
    """Return JSON that may stand inside a script element: no character in it ends the element or a line."""
    text = json.dumps(strict(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy() -> str:
    def hashes(names: Sequence[str]) -> str:
        digests = (hashlib.sha256(_asset(name).encode("utf-8")).digest() for name in names)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)

    allowed = f"script-src {hashes(_SCRIPTS)}; style-src {hashes(_STYLES)}; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _asset(name: str) -> str:
    return (files("dlrun.report") / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dlrun.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"number": score_text, "count": lambda value: f"{value:,}"}
    return environment


def score_text(value: Any) -> str:
    """Return a number with three digits that count, zeros included, so that those of a column can be compared."""
    if value is None:
        return "–"
    if not value or abs(value) >= 100:  # also −0
        return number(float(value))
    return f"{float(value):#.3g}".rstrip(".").replace("-", "−")  # 99.96 is "100."
