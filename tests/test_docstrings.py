from dlrun.docstrings import parse_docstring

TEXT = """Does a thing
in two lines.

More of it.

- a list

Args:
    units: Positive integer,
        of some size.

        A second paragraph:
        - `"a"`: one
        - `"b"`: two
    a, b: Two at once.
    **kwargs: The rest.

Example:

>>> f(1)

```python
Args:
    not: an argument
```

Input shape:
    A tensor.
"""


def test_the_parts():
    doc = parse_docstring(TEXT)
    assert doc.summary == "Does a thing in two lines."
    assert doc.body == "More of it.\n\n- a list"
    assert doc.arguments == {
        "units": 'Positive integer, of some size.\nA second paragraph:\n- `"a"`: one\n- `"b"`: two',
        "a": "Two at once.",
        "b": "Two at once.",
        "kwargs": "The rest.",
    }
    assert list(doc.sections) == ["Example", "Input shape"]
    assert doc.sections["Example"].startswith(">>> f(1)") and "not: an argument" in doc.sections["Example"]
    assert doc.sections["Input shape"] == "A tensor."


def test_nothing_has_no_parts():
    assert parse_docstring("") == parse_docstring("  \n")
    assert parse_docstring("One line.").summary == "One line."
