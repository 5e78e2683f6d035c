"""Passwords in URLs and the home folder stay out of what is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config import load_config
from dlrun.private import path_from_home, secrets_in, tilde_as_home, without_secrets


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/kim")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://kim:hunter2@example.org/x.git", "https://example.org/x.git"),
        (
            "see ssh://git@example.org, then http://u:p@h/ and http://h/@x",
            "see ssh://example.org, then http://h/ and http://h/@x",
        ),
        ("http://kim:hunt@er2@h/ and a@b", "http://h/ and a@b"),
        (
            "https://h/x?a=1&token=t0p&X-Amz-Signature=5ig#b and ?token=1",
            "https://h/x?a=1&token=&X-Amz-Signature=#b and ?token=1",
        ),
        ("'https://h/x?API_KEY=k', 'https://h/?monkey=1&key=k'", "'https://h/x?API_KEY=', 'https://h/?monkey=1&key='"),
        ("/home/kim", "~"),
        ("a: '/home/kim/data.csv'", "a: '~/data.csv'"),
        ("[/home/kim/a,/home/kim]", "[~/a,~]"),
        ("/home/kimberly/x /mnt/home/kim/x /home/kim2", "/home/kimberly/x /mnt/home/kim/x /home/kim2"),
        ("", ""),
    ],
)
def test_texts(text: str, expected: str) -> None:
    assert without_secrets(text) == expected
    assert without_secrets({"a": [text, 3, None]}) == {"a": [expected, 3, None]}


@pytest.mark.parametrize("home", ["/", ""])
def test_a_home_that_is_no_folder_of_ones_own_is_left_alone(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HOME", home or "/")
    assert without_secrets("/etc /x") == "/etc /x"
    assert path_from_home("/etc") == "/etc"


@pytest.mark.parametrize("path", ["/home/kim", "/home/kim/a b/*.csv", "/home/kimberly/a.csv", "/data/x.csv"])
def test_a_path_comes_back(path: str) -> None:
    assert tilde_as_home(path_from_home(path)) == path


def test_a_config_in_the_home_folder_is_the_same_from_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / "project"
    folder.mkdir()
    text = "data: {source: [a.csv, ~/b.csv], target: y}\nlayers: [{Dense: 1}]\n"
    (folder / "given.yaml").write_text(text, encoding="utf-8")
    config = load_config(folder / "given.yaml")
    assert config.data is not None
    assert config.data.source == (str(folder / "a.csv"), str(tmp_path / "b.csv"))
    written = config.to_yaml()
    assert str(tmp_path) not in written
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "resolved.yaml").write_text(written, encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    assert load_config("resolved.yaml").data == config.data


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://kim:hunt@er2@h/", {"hunt@er2"}),
        ("http://kim:a%40+b@h/", {"a%40+b", "a@+b", "a@ b"}),
        ("postgresql://h/db?user=kim&sslpassword=a%2Bb&Access_Token=t&port=1", {"a%2Bb", "a+b", "t"}),
        ("http://kim@h/?a=token", set()),
        ("http://[h", set()),
    ],
)
def test_secrets_of_a_url(url: str, secrets: set[str]) -> None:
    assert secrets_in(url) == secrets
