"""YAML text to a frozen, validated Config that remembers file, line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrun.config.config import Config
    from dlrun.config.loader import load_config

__all__ = ["Config", "load_config"]


def __getattr__(name: str) -> Any:
    """Import `Config` and `load_config` at their first use: pydantic takes longer than `dlrun --help` may."""
    if name == "load_config":
        from dlrun.config.loader import load_config

        return load_config
    if name == "Config":
        from dlrun.config.config import Config

        return Config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
