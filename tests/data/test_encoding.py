import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.encoding import find_encoding, is_encoding, peek_encoding
from dlrun.errors import DataError

PATH = Path("rows.csv")
MIB = 1 << 20


def found(content: bytes, told: str | None = None) -> str:
    return find_encoding(io.BytesIO(content), told, PATH)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_letters_that_lie_across_two_reads_are_whole(encoding: str) -> None:
    content = ("가" * MIB).encode(encoding)
    assert found(b"" + content) == encoding
    if encoding == "utf-8":
        assert found(b"a" + content) == found(b"aa" + content) == encoding


@pytest.mark.parametrize("before", [0, 1, 2, MIB - 2, MIB - 1, MIB, MIB + 1])
def test_the_faulty_byte_is_found_at_its_place(before: int) -> None:
    content = b"\n" * before + b"\xff" + b"a" * 10
    with pytest.raises(DataError) as caught:
        found(content)
    assert f"rows.csv:{before + 1}: is not utf-8: byte 0xff at {before}" in str(caught.value)


def test_a_letter_cut_off_at_the_end_is_found() -> None:
    with pytest.raises(DataError, match="byte 0xea at 1048576"):
        found(b"a" * MIB + "가".encode()[:2])


@pytest.mark.parametrize("before", [0, MIB - 1, MIB])
def test_a_nul_byte_is_found_at_its_place(before: int) -> None:
    with pytest.raises(DataError, match=rf"rows\.csv:{before + 1}: holds a NUL byte \(byte {before}\)"):
        found(b"\n" * before + b"\0")


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xD7FF), max_size=50))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    assert found(text.encode()) in ("utf-8", "utf-8-sig")


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("가나다라마바사아자차카타파하김이박최뷁똠펲 ,\n0123abc"), min_size=1, max_size=40))
def test_korean_in_cp949_is_told_as_such(text: str) -> None:
    content = text.encode("cp949")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        with pytest.raises(DataError, match=r"Write read: \{encoding: cp949\}"):
            found(content)
    assert found(content, "cp949") == "cp949"


@pytest.mark.parametrize(
    ("name", "known"),
    [("utf-8", True), ("UTF8", True), ("cp949", True), ("utf-16", True), ("hex", False), ("x", False)],
)
def test_only_text_encodings_are_encodings(name: str, known: bool) -> None:
    assert is_encoding(name) is known


def test_a_peek_allows_a_letter_cut_off_at_its_end() -> None:
    assert peek_encoding("가".encode()[:2], None) == "utf-8"
    assert peek_encoding(b"\xffab", None) is None
    assert peek_encoding(b"abc", "nonsense") is None
