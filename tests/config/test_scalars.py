"""What plain scalars mean: YAML 1.2's core schema."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.config.nodes import Entry, MappingNode, ScalarNode
from dlrun.config.reader import read_yaml
from dlrun.config.scalars import parse_fraction, resolve_scalar
from dlrun.errors import ConfigError, Location

GOLDEN = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("None", "None"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("yes", "yes"),
    ("Yes", "Yes"),
    ("no", "no"),
    ("NO", "NO"),
    ("on", "on"),
    ("off", "off"),
    ("y", "y"),
    ("n", "n"),
    ("0", 0),
    ("-0", 0),
    ("7", 7),
    ("+12", 12),
    ("-3", -3),
    ("010", 10),
    ("007", 7),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("0x1F", 31),
    ("0xg", "0xg"),
    ("0b11", "0b11"),
    ("-0x1F", "-0x1F"),
    ("1_000", "1_000"),
    ("1,000", "1,000"),
    ("12:30:45", "12:30:45"),
    ("1e3", 1000.0),
    ("1e-3", 0.001),
    ("1E-3", 0.001),
    ("1.e2", 100.0),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("+.5e1", 5.0),
    ("3.14", 3.14),
    (".", "."),
    ("..5", "..5"),
    ("e5", "e5"),
    ("1e", "1e"),
    ("1e+", "1e+"),
    ("1.2.3", "1.2.3"),
    ("1/255", "1/255"),
    ("nan", "nan"),
    ("NaN", "NaN"),
    ("inf", "inf"),
    ("Infinity", "Infinity"),
    ("2019-01-01", "2019-01-01"),
    ("2024-13-45", "2024-13-45"),
    ("2019-01-01T10:00:00Z", "2019-01-01T10:00:00Z"),
    ("=", "="),
    ("%d/%m/%Y", "%d/%m/%Y"),
    ("가격", "가격"),
    ("10 000", "10 000"),
    ("٣", "٣"),  # an Arabic digit is text
]


@pytest.mark.parametrize(("text", "value"), GOLDEN, ids=[text or "nothing" for text, _ in GOLDEN])
def test_plain_scalar(text: str, value: object) -> None:
    found = resolve_scalar(text)
    assert (type(found), found) == (type(value), value)


def test_the_table_is_long_enough() -> None:
    assert len(GOLDEN) >= 60


@pytest.mark.parametrize("text", [".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", ".NAN", "1e999", "-1e400"])
def test_numbers_that_are_not_finite_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        resolve_scalar(text)


def test_a_number_of_absurd_length_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 400 digits"):
        resolve_scalar("9" * 5000)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1/255", 1 / 255),
        ("-1/2", -0.5),
        ("1.5 / 3", 0.5),
        (" 1/4 ", 0.25),
        ("1/0", None),
        ("1/2/3", None),
        ("a/b", None),
    ],
)
def test_fraction(text: str, number: float | None) -> None:
    assert parse_fraction(text) == number


@pytest.mark.parametrize("quoted", ["'5'", '"5"', "|-\n  5", ">-\n  5"])
def test_quotes_make_text(quoted: str) -> None:
    tree = read_yaml(f"a: {quoted}", lambda line, column: Location("x", line, column))
    assert isinstance(tree, MappingNode)
    node = tree.get("a")
    assert isinstance(node, ScalarNode)
    assert node.value == "5"


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**50), 10**50))
@settings(deadline=None, max_examples=200)
def test_every_number_that_python_writes_is_read_back(number: float) -> None:
    found = resolve_scalar(repr(number))
    assert isinstance(found, int | float)
    assert found == number and math.copysign(1, found) == math.copysign(1, number)


def test_every_value_and_key_remembers_its_place() -> None:
    text = "한글: {x: 1, 'y': [a,\n    b]}\nz:\n  - w: |\n      block\n"
    tree = read_yaml(text, lambda line, column: Location("x", line, column))
    assert isinstance(tree, MappingNode)
    first = tree.entries["한글"]
    assert str(first.key_location) == "x:1:1"
    inner = first.value
    assert isinstance(inner, MappingNode)
    assert [str(e.key_location) for e in inner.entries.values()] == ["x:1:6", "x:1:12"]
    assert str(inner.entries["x"].location) == "x:1:9"
    items = getattr(inner.get("y"), "items", ())
    assert [str(item.location) for item in items] == ["x:1:18", "x:2:5"]
    assert isinstance(tree.entries["z"], Entry)


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "a: " + "[" * 65])
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_yaml(text, lambda line, column: Location("x", line, column))
    assert caught.value.problems[0].location is not None
