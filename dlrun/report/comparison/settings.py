"""What is different in the configs, setting by setting, with what each is good for."""

from __future__ import annotations

from dlrun.report.comparison.compared import Compared
from dlrun.report.comparison.runs import anchor
from dlrun.report.preparation import value_words
from dlrun.report.section import Section

_MOST = 100


def settings_section(compared: Compared) -> Section:
    """Return the section of the settings."""
    rows = []
    for key in compared.keys[:_MOST]:
        values = [value_words(compared.setting(group, key)) for group in compared.groups]
        rows.append({"key": key, "about": _first_sentence(compared.about(key)), "values": values})
    content = {
        "rows": rows,
        "groups": [
            {"name": group.name, "anchor": anchor(compared, group), "colour": compared.colour(group)}
            for group in compared.groups
        ],
        "left_out": max(0, len(compared.keys) - _MOST),
    }
    about = "Keys as they are changed on the command line." if rows else "The configs are the same."
    return Section("settings", "Settings", about, content, "compare_settings.html")


def _first_sentence(text: str) -> str:
    return text.replace("`", "").partition(". ")[0]
