import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.dtypes import tidy_frame
from dlrun.data.expression_values import evaluate
from dlrun.data.expressions import MAX_LENGTH, parse_expression
from dlrun.errors import ConfigError, DataError

FRAME = tidy_frame(
    pd.DataFrame(
        {
            "a": [1, 2, 3, 4],
            "b": [0.5, 0.0, np.nan, -2.0],
            "n": [2, 0, 5, -3],
            "sex": ["male", "female", None, "male"],
            "flag": [True, False, True, False],
            "Sepal.Length": [1.0, 2.0, 3.0, 4.0],
            "나이": [20, 30, 40, 50],
            "day": pd.to_datetime(["2019-01-01", "2019-06-01", None, "2020-01-01"]),
            "empty": [np.nan] * 4,
        }
    )
)
NAN = math.nan


def values(text: str) -> list[object]:
    return list(evaluate(parse_expression(text), FRAME).tolist())


def same(left: list[object], right: list[object]) -> bool:
    return left == pytest.approx(right, rel=1e-15, abs=0, nan_ok=True) if isinstance(right[0], float) else left == right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + 1", [2, 3, 4, 5]),
        ("a - b", [0.5, 2.0, NAN, 6.0]),
        ("a / n", [0.5, NAN, 0.6, -4 / 3]),
        ("a // n", [0.0, NAN, 0.0, -2.0]),
        ("a % n", [1.0, NAN, 3.0, -2.0]),
        ("a // 2", [0, 1, 1, 2]),
        ("-a ** 2", [-1.0, -4.0, -9.0, -16.0]),
        ("2 ** 3 ** 2", [512.0] * 4),
        ("(a + n) * 2", [6, 4, 16, 2]),
        ("--a", [1, 2, 3, 4]),
        ("b ** -1", [2.0, NAN, NAN, -0.5]),
        ("log(a)", [math.log(n) for n in (1, 2, 3, 4)]),
        ("log(n)", [math.log(2), NAN, math.log(5), NAN]),
        ("sqrt(n)", [math.sqrt(2), 0.0, math.sqrt(5), NAN]),
        ("log1p(a)", [math.log1p(n) for n in (1, 2, 3, 4)]),
        ("exp(0 * a)", [1.0] * 4),
        ("abs(n)", [2, 0, 5, 3]),
        ("min(a, n, 2)", [1, 0, 2, -3]),
        ("max(a, b)", [1.0, 2.0, NAN, 4.0]),
        ("round(a / 3, 2)", [0.33, 0.67, 1.0, 1.33]),
        ("round(b)", [0.0, 0.0, NAN, -2.0]),
        ("a > 2", [False, False, True, True]),
        ("1 < a <= 3", [False, True, True, False]),
        ("b < 1", [True, True, False, True]),
        ("b != 0", [True, False, True, True]),
        ("sex == 'male'", [True, False, False, True]),
        ('sex != "male"', [False, True, True, False]),
        ("sex in ['female', 'other']", [False, True, False, False]),
        ("sex not in ['female']", [True, False, True, True]),
        ("a in [1, -3, 4]", [True, False, False, True]),
        ("not flag or a == 1", [True, True, False, True]),
        ("flag and a < 2", [True, False, False, False]),
        ("flag == true", [True, False, True, False]),
        ("flag + 1", [2, 1, 2, 1]),
        ("(a > 1) * (n > 1)", [0, 0, 1, 0]),
        ("`Sepal.Length` * 2", [2.0, 4.0, 6.0, 8.0]),
        ("나이 >= 30", [False, True, True, True]),
        ("day >= '2019-06-01'", [False, True, False, True]),
        ("'2019-06-01' > day", [True, False, False, False]),
        ("day == '2020-01-01T00:00'", [False, False, False, True]),
        ("empty == 'x'", [False] * 4),
        ("empty + a", [NAN] * 4),
        (".5 + 1e-1 + 1.", [1.6] * 4),
        ("3", [3] * 4),
        ("'x'", ["x"] * 4),
    ],
)
def test_an_expression_is_computed_in_every_row(text: str, expected: list[object]) -> None:
    assert same(values(text), expected)


def test_whole_numbers_stay_whole_and_never_wrap() -> None:
    assert evaluate(parse_expression("a * 2 + n"), FRAME).dtype == np.int64
    assert values("a * 999999999999999999 * 100") == [n * 99999999999999999900.0 for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a column, a number, a text in quotes or '(', got the end at position 1"),
        ("a +", "got the end at position 4"),
        ("a = 1", "'=' means nothing here at position 3 of 'a = 1'. Write == to compare."),
        ("a & b", "Write and."),
        ("Sepal.Length", "stands in backticks: `Sepal.Length`"),
        ("abs(a", "expected ',', got the end"),
        ("(a", "expected ')', got the end"),
        ("a b", "expected the end, got 'b' at position 3"),
        ("sqr(a)", "unknown function 'sqr' at position 1 of 'sqr(a)'. Did you mean 'sqrt'?"),
        ("__import__('os')", "unknown function '__import__'"),
        ("a.__class__", "'.' means nothing here"),
        ("min(a)", "min takes 2 to 16 values, not 1"),
        ("a in [b]", "a list holds numbers and texts alone"),
        ("a in 3", "expected '[', got '3'"),
        ("lambda: 1", "':' means nothing here"),
        ("'open", "The quote is not closed."),
        ("`open", "The backtick is not closed."),
        ("1e999", "a number that is too large"),
        ("sex + 1", "expected a number, got a text at position 1"),
        ("sex > 'a'", "dates that were read as text become times by read: {parse_dates: [...]}"),
        ("sex == 1", "cannot compare a text with a number"),
        ("a and flag", "expected a condition, got a number"),
        ("day > 'soon'", "'soon' is no ISO date"),
        ("day - day", "expected a number, got a time"),
        ("round(a, n)", "round takes a number of digits from 0 to 15"),
        ("(" * 30 + "a" + ")" * 30, "nested more than 20 deep"),
        ("+".join(["a"] * 300), "more than 200 operations in a row"),
        ("a" * (MAX_LENGTH + 1), "at most 2000 characters"),
    ],
)
def test_a_wrong_expression_says_what_and_where(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        values(text)
    assert said in str(caught.value)


def test_an_expression_names_its_columns_once() -> None:
    assert parse_expression("b + a * b - log(`x y`)").columns == ("b", "a", "x y")


def test_names_are_composed_as_the_columns_are() -> None:
    assert parse_expression("나이").columns == ("나이",)


_PIECES = st.sampled_from([
    *"abn", "sex", "flag", "day", "empty", "`Sepal.Length`", "나이", "1", "2.5", "'x'", "'2019-01-01'", "[", "]",
    "(", ")", ",", "+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", "and", "or", "not", "in", "log", "min",
    "round", "exp", "abs", "=", "&", ".", "\x00", "__class__", "true", "1e308", "999999999999999999", " ",
])  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.lists(_PIECES, max_size=25).map(" ".join), st.text(max_size=60)))
def test_nothing_but_our_own_errors_comes_out(text: str) -> None:
    try:
        expression = parse_expression(text)
        if set(expression.columns) <= set(FRAME.columns):
            result = evaluate(expression, FRAME)
            assert result.shape == (4,)
            assert result.dtype.kind in "ifbMOU"
    except (ConfigError, DataError) as error:
        assert str(error)


_NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
_TREES = st.recursive(
    st.one_of(st.sampled_from(["x", "z"]), _NUMBERS.map(lambda n: f"({n!r})")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "<", "<=", ">", "=="]), inner).map(
            lambda t: f"({' '.join(t)})"
        ),
        inner.map(lambda e: f"abs({e})"),
        inner.map(lambda e: f"(-{e})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(_TREES, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_arithmetic_is_numpys(text: str, column: list[float]) -> None:
    x = np.array(column)
    z = x[::-1] * 0.5 + 1

    def number(value: object) -> np.ndarray:
        return np.asarray(value, dtype=np.float64)

    words = {"abs": lambda v: np.abs(number(v)), "max": lambda p, q: np.maximum(number(p), number(q))}
    python = _as_numpy(text, {"x": x, "z": z, **words})
    ours = evaluate(parse_expression(text), pd.DataFrame({"x": x, "z": z}))
    np.testing.assert_array_equal(ours.astype(np.float64), np.broadcast_to(number(python), x.shape))


def _as_numpy(text: str, names: dict[str, object]) -> object:
    """Compute the text with NumPy, operation by operation, from Python's own parse of it."""
    import ast
    import operator

    signs = {
        ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Lt: operator.lt,
        ast.LtE: operator.le, ast.Gt: operator.gt, ast.Eq: operator.eq,
    }  # fmt: skip

    def value(node: ast.expr) -> object:
        if isinstance(node, ast.Constant):
            return np.float64(node.value)
        if isinstance(node, ast.Name):
            return names[node.id]
        if isinstance(node, ast.UnaryOp):
            return -np.asarray(value(node.operand), dtype=np.float64)
        if isinstance(node, ast.Call):
            return names[node.func.id](*map(value, node.args))  # type: ignore[attr-defined, operator]
        if isinstance(node, ast.Compare):
            left, right = value(node.left), value(node.comparators[0])
            return signs[type(node.ops[0])](np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64))
        assert isinstance(node, ast.BinOp)
        left, right = (np.asarray(value(side), dtype=np.float64) for side in (node.left, node.right))
        return signs[type(node.op)](left, right)

    return value(ast.parse(text, mode="eval").body)


def test_dates_of_python_compare_too() -> None:
    frame = tidy_frame(pd.DataFrame({"d": [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)]}))
    assert evaluate(parse_expression("d < '2020-06-01'"), frame).tolist() == [True, False]
