"""A report: one page that loads nothing, whatever the run's names hold."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.report.page import script_json

HOSTILE = "</script><img src=x onerror=alert(1)> \"'&amp;\u2028{{7*7}}"
CONFIG = """
data: {{source: {file}, target: y, split: {{test: 0.2}}}}
preprocessing: {{numeric: standard}}
layers:
  - Dense: {{units: 4, activation: relu}}
  - Dense: {{units: 1, activation: sigmoid}}
compile: {{optimizer: adam, loss: binary_crossentropy, metrics: accuracy}}
fit: {{epochs: 3, validation_split: 0.2}}
"""


class Shape(HTMLParser):
    """Counts the elements of a page with the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[(tag, *sorted(name for name, _ in attrs))] += 1
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]


def _shape(page: str) -> Shape:
    shape = Shape()
    shape.feed(page)
    return shape


def _report(folder: Path, column: str) -> str:
    folder.mkdir()
    lines = [f'"{column.replace(chr(34), chr(34) * 2)}",y']
    lines += [f"{(i * 37) % 101},{'yes' if (i * 37) % 101 > 50 else 'no'}" for i in range(120)]
    (folder / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "small.yaml").write_text(CONFIG.format(file=folder / "data.csv"), encoding="utf-8")
    assert run(["train", str(folder / "small.yaml"), "--runs-dir", str(folder / "runs"), "--quiet"]) == 0
    assert run(["report", "--runs-dir", str(folder / "runs")]) == 0
    return (folder / "runs" / "small-001" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _report(tmp_path_factory.mktemp("report") / "benign", "width")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _report(tmp_path_factory.mktemp("report") / "hostile", HOSTILE)


def test_a_hostile_column_adds_no_element_and_no_attribute(benign: str, hostile: str) -> None:
    assert set(_shape(hostile).found) == set(_shape(benign).found)
    assert _shape(hostile).found["script",] == _shape(benign).found["script",] == 2
    assert "<img src=x" not in hostile


def test_it_stands_by_itself(benign: str) -> None:
    assert len(benign.encode("utf-8")) < 2_000_000
    assert all(link.startswith(("#", "data:")) for link in _shape(benign).links)
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', benign)[0])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "url(http" not in benign


def test_its_sections_stand_in_order(benign: str) -> None:
    order = ["data", "preparation", "network", "training", "evaluation", "diagnosis", "reproduce"]
    assert re.findall(r'<section id="(\w+)"', benign) == order


def test_it_shows_the_runs_numbers(benign: str) -> None:
    text = re.sub(r"<[^>]+>", " ", benign)
    assert "120 rows, 1 feature, to predict y." in text
    assert "2 layers, 13 parameters." in text  # (1 + 1) * 4 + (4 + 1) * 1
    for part, rows in {"train": 76, "validation": 20, "test": 24}.items():  # Keras cuts at int(96 * 0.8)
        assert re.search(rf"{part}\s+{rows}\s+rows", text)
    charts = json.loads(re.findall(r'id="charts">(.*?)</script>', benign, re.S)[0])
    loss = charts[0]
    assert [line["label"] for line in loss["lines"]] == ["training", "validation"]
    assert loss["lines"][0]["x"] == [1, 2, 3]


def test_data_that_changed_are_left_out_and_told(benign: str, tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    _report(folder, "width")
    with (folder / "data.csv").open("a", encoding="utf-8") as file:
        file.write("\n3,no")
    assert run(["report", "--runs-dir", str(folder / "runs"), "-o", str(folder / "again.html")]) == 0
    page = (folder / "again.html").read_text(encoding="utf-8")
    assert "data.csv changed since this run was trained" in page
    assert 'class="spark"' in benign
    assert 'class="spark"' not in page


def test_json_names_the_file(benign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "nothing", "--runs-dir", str(tmp_path)]) == 4
    assert "no run 'nothing'" in capsys.readouterr().err


def test_script_json_cannot_end_its_element() -> None:
    text = script_json(["</script><!--", "\u2028&", float("nan")])
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == ["</script><!--", "\u2028&", None]


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def _open(file: Path, profile: Path, dark: bool) -> tuple[str, str]:
    """Return the DOM of a page as Chromium has it after its scripts, and what was logged."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--virtual-time-budget=3000",
         "--enable-logging=stderr", f"file://{file}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_draws_every_chart_and_nothing_hostile_runs(hostile: str, tmp_path: Path, dark: bool) -> None:
    (tmp_path / "report.html").write_text(hostile, encoding="utf-8")
    dom, logged = _open(tmp_path / "report.html", tmp_path / "profile", dark)
    assert logged == ""
    assert 'data-ready="true"' in dom
    assert dom.count("<canvas") == dom.count("data-chart=") >= 4


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(hostile: str, tmp_path: Path, width: int) -> None:
    root = "document.querySelector('iframe').contentDocument.documentElement"
    script = f"document.title = {root}.scrollWidth + ' ' + {root}.clientWidth"
    frame = f'<iframe width="{width}" height="900" style="border:0" srcdoc="{html.escape(hostile)}"></iframe>'
    (tmp_path / "frame.html").write_text(f"{frame}<script>onload = () => {{ {script} }}</script>", encoding="utf-8")
    dom, _ = _open(tmp_path / "frame.html", tmp_path / "profile", False)
    wanted, there = map(int, re.findall(r"<title>(\d+) (\d+)</title>", dom)[0])
    assert width - 20 <= wanted <= there <= width
