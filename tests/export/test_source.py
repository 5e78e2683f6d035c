from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.export.source import RESERVED, Code, call, identifier, literal, prose

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=10,
)


@given(PLAIN)
def test_a_literal_is_nothing_but_its_value(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_what_is_no_plain_value_is_refused() -> None:
    for value in (object(), {1, 2}, b"bytes", float):
        with pytest.raises(TypeError):
            literal(value)


def test_code_stands_as_it_is() -> None:
    assert call("f", Code("np.nan"), "np.nan", a=[1, Code("x")]) == "f(np.nan, 'np.nan', a=[1, x])"
    with pytest.raises(TypeError):
        call("f", **{"a=1, b": 2})


@given(st.text())
def test_an_identifier_is_one_and_takes_no_name_of_the_scripts_own(name: str) -> None:
    taken = {"dense"}
    found = identifier(name, taken)
    assert found.isidentifier() and found.isascii() and found not in RESERVED and found != "dense"
    compile(f"{found} = 1", "script", "exec")
    assert identifier(name, taken) != found


@given(st.text())
def test_prose_ends_neither_a_comment_nor_a_docstring(text: str) -> None:
    for source in (f'"""A {prose(text)} b."""', f"# {prose(text)}"):
        tree = ast.parse(source)
        assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)
        assert len(source.splitlines()) == 1
