"""What a run does not tell of its user: passwords in URLs, and the name of the home folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

_USER_IN_URL = re.compile(r"(?<=://)[^/\s'\"]+@")  # up to the last @: a password may hold one

_URL = re.compile(r"[A-Za-z][\w+.-]*://[^\s'\"]+")
_SECRET_IN_QUERY = re.compile(
    r"([?&;](?:[\w.-]*(?:passw|pwd|secret|token|signature|credential|api_?key|access_?key)[\w.-]*|key|sig)=)([^&;#]+)",
    re.IGNORECASE,
)


def without_secrets(value: Any) -> Any:
    """Return text, or every text inside mappings and lists, with `~` for the home folder and URLs without passwords."""
    if isinstance(value, str):
        return home_as_tilde(_URL.sub(_without_query, _USER_IN_URL.sub("", value)) if "://" in value else value)
    if isinstance(value, Mapping):
        return {key: without_secrets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    return value


def _without_query(url: re.Match[str]) -> str:
    return _SECRET_IN_QUERY.sub(r"\1", url[0])


def secrets_in(url: str) -> set[str]:
    """Return the passwords in one URL, as they are written and as they are meant."""
    try:
        found = [urlsplit(url).password or "", *(value for _, value in _SECRET_IN_QUERY.findall(url))]
    except ValueError:  # not a URL
        return set()
    return {form for secret in found for form in (secret, unquote(secret), unquote_plus(secret))} - {""}


def home_as_tilde(text: str) -> str:
    """Return text in which `~` stands for the home folder, wherever a path in it begins there."""
    home = _home()
    if not home or home not in text:
        return text
    return re.sub(rf"(?<![\w./~-]){re.escape(home)}(?=$|[/\s'\",;:\])}}])", "~", text)


def path_from_home(path: str) -> str:
    """Return a path in the home folder as one that begins with `~/`; any other as it is."""
    home = _home()
    return f"~{path[len(home) :]}" if home and (path == home or path.startswith(f"{home}/")) else path


def tilde_as_home(path: str) -> str:
    """Return a path that begins with `~/` as one in the home folder."""
    home = _home()
    return home + path[1:] if home and (path == "~" or path.startswith("~/")) else path


def _home() -> str:
    """Return the home folder, without a slash at its end; empty where there is none worth the name."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return ""
    return "" if home == os.path.dirname(home) else home  # noqa: PTH120 (the root is its own parent)
