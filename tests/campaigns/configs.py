"""Ten thousand mutated configs: each is accepted, or refused with file, line and column, at once."""

from __future__ import annotations

import random
import re
import time
from functools import cache
from pathlib import Path

from tests.campaigns.frame import Campaign, heavy_modules

NUMBER, FAST = 10_000, 300
SECONDS = 0.5
CONFIGS = Path(__file__).parents[2] / "configs"
WORDS = re.compile(r"[\w./-]+")
PIECES = (
    "null", "[]", "{}", "true", "-1", "3.5", "1e999", '""', "abc", "{a: b}", "[1, [2]]", "{type: 3}", "{type: Dense}",
    "[{}]", "{Dense: }", "[null]", "${vars.a}", "${env:HOME}", "${env:NONE}", "*a", "&a ", "!!int ",
    "!!python/name:os.system ",
    "<<: ", ".nan", "-.inf", "---\n", "name: 3", "inputs: [a]", "{repeat: {times: 2, layers: [Flatten]}}",
    "1/0", "0/1",
    "{repeat: {times: 1000000000, layers: [Flatten]}}", "Lambda", "TFSMLayer", "{Lambda: {function: os.system}}",
    "http://127.0.0.1:9/x.csv", "file:///etc/passwd", "/dev/zero", "../../../../etc/passwd",
    "extends: titanic.yaml\n",
    "'", '"', "9" * 5000, "[" * 300, "{a: " * 80, "2024-13-45", "12:30:45", "0x7f", "010", "1_000", "on", "~",
    "'\\0'",
    '"\\0"', '"\\ud800"', "\u202e", "\x1b[31m", "[/bold]", "%YAML 1.1\n", "? ", "- ", ": ", "|\n", ">-\n",
    "sweep", "code: [x.py]",
)  # fmt: skip
CHARACTERS = "{}[]:,-#&*!|>'\"%@`?\t\n 0123456789.eE+abcxyz$~/=<한\0\x85\u2028\ufeff\x7f\x1b"


@cache
def bases() -> tuple[str, ...]:
    """Return the texts that are mutated: every example config."""
    texts = tuple(path.read_text(encoding="utf-8") for path in sorted(CONFIGS.glob("*.yaml")))
    assert len(texts) > 5
    return texts


def mutant(number: int) -> str:
    """Return an example config with one to eight faults in characters, words and lines."""
    chance = random.Random(number)
    text = chance.choice(bases())
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8])):
        text = chance.choice(_FAULTS)(text, chance) or "x: 1"
    return text


def _cut_character(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _put_character(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(CHARACTERS) + text[at + chance.randrange(2) :]


def _cut_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], *lines[at + chance.randrange(1, 4) :]])


def _repeat_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], chance.choice(lines), *lines[at:]])


def _indent(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    moved = " " * chance.randrange(5) + lines[at] if chance.random() < 0.5 else lines[at][chance.randrange(4) :]
    return "\n".join([*lines[:at], moved, *lines[at + 1 :]])


def _put_piece(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(PIECES) + text[at:]


def _put_for_word(text: str, chance: random.Random) -> str:
    begin, end = chance.choice([match.span() for match in WORDS.finditer(text)] or [(0, 0)])
    return text[:begin] + chance.choice(PIECES) + text[end:]


def _swap_words(text: str, chance: random.Random) -> str:
    spans = [match.span() for match in WORDS.finditer(text)]
    if len(spans) < 2:
        return text
    (a, b), (c, d) = sorted(chance.sample(spans, 2))
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(1, len(text) + 1)]


def _join(text: str, chance: random.Random) -> str:
    other = chance.choice(bases())
    return text[: chance.randrange(len(text))] + other[chance.randrange(len(other)) :]


_FAULTS = (
    _cut_character, _put_character, _cut_lines, _repeat_line, _indent, _put_piece, _put_for_word, _put_for_word,
    _swap_words, _cut_off, _join,
)  # fmt: skip


def attempt(number: int, place: Path) -> str:
    """Load a mutant as `dlrun check` does."""
    from dlrun.commands.table_columns import table_columns
    from dlrun.config import load_config
    from dlrun.errors import ConfigError, DataError

    data = place / "data"
    if not data.exists():
        data.symlink_to(CONFIGS / "data")
    file = place / "mutant.yaml"
    file.write_text(mutant(number), encoding="utf-8", errors="surrogatepass")
    heavy = heavy_modules()
    began = time.process_time()
    try:
        load_config(file, columns_of=table_columns)
    except (ConfigError, DataError) as error:
        lost = [str(p) for p in error.problems if p.location is None or not (p.location.line and p.location.column)]
        if lost:
            return f"no line and column: {lost[0]}"
    took = time.process_time() - began
    if took > SECONDS:
        return f"took {took:.2f} s"
    new = heavy_modules() - heavy
    return f"imported {', '.join(sorted(new))}" if new else ""


def trials(seed: int, fast: bool) -> range:
    """Return the numbers of the mutants."""
    return range(seed * NUMBER, seed * NUMBER + (FAST if fast else NUMBER))


CAMPAIGN = Campaign("configs", "A mutated config is accepted, or refused with file, line and column.", trials, attempt)
