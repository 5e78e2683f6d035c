"""A report: one page that loads nothing, whatever the run's names hold."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.report.page import score_text, script_json
from dlrun.report.section import called
from dlrun.run_dir import RunDir
from tests.report.browser import HOSTILE, WIDTHS, Shape, ask, needs_chromium, open_page, stands_by_itself

CONFIGS = Path(__file__).parents[2] / "configs"

CONFIG = """
data: {{source: {file}, target: y, split: {{test: 0.2}}}}
preprocessing: {{numeric: standard}}
layers:
  - Dense: {{units: 4, activation: relu}}
  - Dense: {{units: 1, activation: sigmoid}}
compile: {{optimizer: adam, loss: binary_crossentropy, metrics: accuracy}}
fit: {{epochs: 3, validation_split: 0.2}}
"""


def _report(folder: Path, column: str, second: str = "") -> str:
    folder.mkdir()
    lines = [f'"{column.replace(chr(34), chr(34) * 2)}",{second}y']
    lines += [
        f"{(i * 37) % 101},{f'{i % 7},' if second else ''}{'yes' if (i * 37) % 101 > 50 else 'no'}" for i in range(120)
    ]
    (folder / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "small.yaml").write_text(CONFIG.format(file=folder / "data.csv"), encoding="utf-8")
    assert run(["train", str(folder / "small.yaml"), "--runs-dir", str(folder / "runs"), "--quiet"]) == 0
    assert run(["report", "--runs-dir", str(folder / "runs")]) == 0
    return (folder / "runs" / "small-001" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    folder = tmp_path_factory.mktemp("report") / "benign"
    _report(folder, "width")
    return RunDir(folder / "runs" / "small-001")


@pytest.fixture(scope="module")
def benign(small: RunDir) -> str:
    return small.report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _report(tmp_path_factory.mktemp("report") / "hostile", HOSTILE)


def test_a_hostile_column_adds_no_element_and_no_attribute(benign: str, hostile: str) -> None:
    assert set(Shape(hostile).found) == set(Shape(benign).found)
    assert Shape(hostile).found["script",] == Shape(benign).found["script",] == 2
    assert "<img src=x" not in hostile


def test_it_stands_by_itself(benign: str) -> None:
    assert stands_by_itself(benign)


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


def test_a_closer_look_is_shown_where_there_is_one(benign: str, tmp_path: Path) -> None:
    assert "dlrun evaluate" in benign and "--importance --worst 10" in benign
    _report(tmp_path / "closer", HOSTILE, "other,")
    runs = ["--runs-dir", str(tmp_path / "closer" / "runs")]
    looks = ["--importance", "--repeats", "3", "--worst", "3", "--by", HOSTILE, "--bins", "2"]
    assert run(["evaluate", *looks, *runs]) == 0
    tables = tmp_path / "closer" / "runs" / "small-001" / "evaluation"
    (tables / "by-broken.csv").write_text('column,group\n"')
    (tables / "importance-odd.csv").write_text("column,importance,low,high\na,much,nan,1e999\n")
    assert run(["report", *runs]) == 0
    page = (tmp_path / "closer" / "runs" / "small-001" / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)"', page)[5] == "closer"
    assert "<img src=x" not in page
    assert Shape(page).found["script",] == 2
    assert stands_by_itself(page)
    text = re.sub(r"<[^>]+>", " ", page[page.index('<section id="closer"') : page.index('<section id="diagnosis"')])
    with next(tables.glob("importance.csv")).open(encoding="utf-8", newline="") as file:
        importances = {row["column"]: float(row["importance"]) for row in csv.DictReader(file)}
    assert len(importances) == 2
    for value in importances.values():
        assert (f"{value:#.3g}".replace("-", "−") if value else " 0 ") in text
    with (tables / "worst.csv").open(encoding="utf-8", newline="") as file:
        worst = list(csv.DictReader(file))
    assert len(worst) == 3
    assert re.search(rf"{worst[0]['row']}\s+{worst[0]['line']}\s+{worst[0]['y']}\s+{worst[0]['y_predicted']}", text)
    assert text.count("rows)") == 2  # the two bins


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


@pytest.mark.parametrize("key", ["targets", "features", "columns", "rows", "notes", "files"])
def test_a_strangers_data_json_is_checked_before_it_is_shown(
    small: RunDir, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = RunDir(tmp_path / "house-001")
    shutil.copytree(small.path, made.path)
    made.write_json(made.data, {**made.read_json(made.data), key: 5})
    made.seal(made.data)
    assert run(["report", str(made.path)]) == 4
    assert "data.json is damaged: " in capsys.readouterr().err


def test_json_names_the_file(benign: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "nothing", "--runs-dir", str(tmp_path)]) == 4
    assert "no run 'nothing'" in capsys.readouterr().err


def test_script_json_cannot_end_its_element() -> None:
    text = script_json(["</script><!--", "\u2028&", float("nan")])
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == ["</script><!--", "\u2028&", None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (-0.0, "0"),
        (0.5, "0.500"),
        (9.996, "10.0"),
        (99.96, "100"),
        (-99.96, "−100"),
        (999.7, "1,000"),
    ],
)
def test_score_text_has_three_digits(value: float | None, text: str) -> None:
    assert score_text(value) == text


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_draws_every_chart_and_nothing_hostile_runs(hostile: str, tmp_path: Path, dark: bool) -> None:
    (tmp_path / "report.html").write_text(hostile, encoding="utf-8")
    dom, logged = open_page(tmp_path / "report.html", tmp_path / "profile", dark)
    assert logged == ""
    assert 'data-ready="true"' in dom
    assert dom.count("<canvas") == dom.count("data-chart=") >= 4


KINDS = {
    "two outputs": ["heart_two_outputs.yaml", "fit.epochs=2"],
    "series": ["temperature_rnn.yaml", "fit.epochs=1"],
    "text": ["spam.yaml", "fit.epochs=1"],
    "images": ["digits_cnn.yaml", "fit.epochs=1"],
}
LOOK = """(window) => {
  const root = window.document.documentElement;
  const style = window.getComputedStyle(window.document.body);
  const count = (what) => window.document.querySelectorAll(what).length;
  return [root.scrollWidth, root.clientWidth, style.backgroundColor, count("canvas"), count("[data-chart]")];
}"""


@needs_chromium
@pytest.mark.slow
def test_every_kind_of_run_fits_a_phone_and_a_desktop_in_light_and_dark(hostile: str, tmp_path: Path) -> None:
    pages = [hostile]
    for kind, (config, *changes) in KINDS.items():
        runs = tmp_path / kind
        assert run(["train", str(CONFIGS / config), *changes, "--quiet", "--runs-dir", str(runs)]) == 0
        assert run(["report", "--runs-dir", str(runs), "-o", str(tmp_path / "page.html")]) == 0
        pages.append((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert stands_by_itself(pages[-1]), kind
    backgrounds = {}
    for dark in (False, True):
        looks = ask(pages, LOOK, tmp_path, dark=dark)
        for (wanted, there, background, canvases, charts), width in zip(looks, WIDTHS * len(pages), strict=True):
            assert width - 20 <= wanted <= there <= width  # a scroll bar is 15 pixels wide
            assert canvases == charts >= 1
            backgrounds.setdefault(dark, set()).add(background)
    assert backgrounds == {False: {"rgb(245, 246, 248)"}, True: {"rgb(14, 19, 25)"}}


def test_a_page_does_not_tell_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert called(RunDir(tmp_path / "my runs" / "a-001")) == "~/'my runs/a-001'"
    assert called(RunDir(tmp_path / "runs" / "a-001")) == "~/runs/a-001"
    assert called(RunDir(Path("/srv/b c/a-001"))) == "'/srv/b c/a-001'"
    assert called(RunDir(Path("runs") / "a-001")) == "a-001"
