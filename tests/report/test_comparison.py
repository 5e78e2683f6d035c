"""The page of several runs: what `compare` says, to be sorted and looked at, whatever the runs' names hold."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import pytest

from dlrun.cli import run
from dlrun.report.comparison.next import beyond
from dlrun.report.comparison.runs import short_keys
from dlrun.run_dir import RunDir
from tests.report.browser import HOSTILE, Shape, ask, needs_chromium, open_page, stands_by_itself

CONFIG = """
name: {name}
data: {{source: {file}, target: y, split: {{test: 0.3}}}}
preprocessing: {{numeric: standard}}
layers:
  - Dense: {{units: {units}, activation: relu}}
  - Dense: {{units: 1, activation: sigmoid}}
compile: {{optimizer: {{Adam: {{learning_rate: {rate}}}}}, loss: binary_crossentropy, metrics: accuracy}}
fit: {{epochs: {epochs}, validation_split: 0.2}}
"""


def _runs(folder: Path, column: str, remark: str, name: str) -> Path:
    """Train two seeds of a network, two of a wider one, and one that was stopped after its first epoch."""
    folder.mkdir()
    lines = [f'"{column.replace(chr(34), chr(34) * 2)}",b,y']
    lines += [f"{(i * 37) % 101},{(i * 13) % 7},{'yes' if (i * 37) % 101 > 50 else 'no'}" for i in range(120)]
    (folder / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    runs = ["--runs-dir", str(folder / "runs"), "--quiet"]
    for config, units, epochs in (("small", 4, 3), ("wide", 16, 4)):
        text = CONFIG.format(name=config, file=folder / "data.csv", units=units, rate=0.05, epochs=epochs)
        (folder / f"{config}.yaml").write_text(text, encoding="utf-8")
        for seed in (0, 1):
            assert run(["train", str(folder / f"{config}.yaml"), f"seed={seed}", *runs]) == 0
    made = RunDir(folder / "runs" / "wide-001")
    made.update(note=remark, tags=[remark])
    assert run(["train", str(folder / "small.yaml"), "name=stopped", *runs]) == 0
    stopped = RunDir(folder / "runs" / "stopped-001")
    stopped.metrics.unlink()
    stopped.update(
        state="interrupted", sha256={k: v for k, v in stopped.record["sha256"].items() if "metrics" not in k}
    )
    stopped.path.rename(stopped.path.with_name(name))
    return folder / "runs"


def _report(runs: Path, *which: str, file: str = "page.html") -> str:
    assert run(["report", *which, "--runs-dir", str(runs), "-o", str(runs.parent / file)]) == 0
    return (runs.parent / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _runs(tmp_path_factory.mktemp("compare") / "benign", "width", "remark", "stopped-001")


@pytest.fixture(scope="module")
def benign(runs: Path) -> str:
    return _report(runs, "small", "wide", "stopped-001")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    name = HOSTILE.replace("/", "")
    made = _runs(tmp_path_factory.mktemp("compare") / "hostile", HOSTILE, HOSTILE, name)
    return _report(made, "small", "wide", str(made / name))


def _text(page: str) -> str:
    body = re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def test_it_stands_by_itself(benign: str) -> None:
    assert stands_by_itself(benign)
    order = ["runs", "scores", "noise", "curves", "settings", "next", "each"]
    assert re.findall(r'<section id="(\w+)"', benign) == order


def test_hostile_names_and_remarks_add_no_element_and_no_attribute(benign: str, hostile: str) -> None:
    assert set(Shape(hostile).found) == set(Shape(benign).found)
    assert Shape(hostile).found["script",] == 2
    assert "<img src=x" not in hostile
    assert stands_by_itself(hostile)
    assert html.unescape(hostile).count("onerror=alert(1)") > html.unescape(benign).count("onerror=alert(1)") == 0


def test_it_says_what_compare_says(runs: Path, benign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "small", "wide", "--json", "--runs-dir", str(runs)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["keys"] == ["layers.0.Dense.units", "fit.epochs"]
    means = {group["name"]: group["scores"]["accuracy"]["mean"] for group in told["groups"]}
    (difference,) = [one for one in told["differences"] if one["metric"] == "accuracy"]
    text = _text(benign)
    for mean in means.values():
        assert f"{mean:#.3g}" in text
    first = max(means, key=lambda name: means[name])
    found = re.findall(
        r'<tr( class="best")?><td class="n" data-sort="(\d?)">[\d–]</td>\s*<th scope="row" data-sort="(.*?)"', benign
    )
    assert [place for _, place, _ in found] == ["1", "2", ""]
    assert [name for *_, name in found] == [first, next(n for n in means if n != first), "stopped-001"]
    assert found[0][0]
    assert f"by {abs(difference['mean']):#.3g}" in text
    assert difference["larger_than_noise"] == ("that is larger than noise" in text)
    for key in told["keys"]:
        assert key in text
    assert "compile.optimizer.Adam.learning_rate" not in benign  # the same in all
    assert "stopped-001 was interrupted." in text
    assert "dlrun resume" in text


def test_curves_are_those_of_history(runs: Path, benign: str) -> None:
    charts = json.loads(re.findall(r'id="charts">(.*?)</script>', benign, re.S)[0])
    loss = next(chart for chart in charts if chart["y"] == "loss")
    small = [line for line in loss["lines"] if line["label"] == "small (2 seeds)"]
    assert [line["role"] for line in small] == ["", "seed", "seed", "training"]
    histories = [(runs / f"small-00{n}" / "history.csv").read_text().splitlines() for n in (1, 2)]
    column = histories[0][0].split(",").index("val_loss")
    seeds = [[float(line.split(",")[column]) for line in history[1:]] for history in histories]
    assert [line["y"] for line in small[1:3]] == [pytest.approx(values, rel=1e-5) for values in seeds]
    assert small[0]["y"] == pytest.approx([sum(pair) / 2 for pair in zip(*seeds, strict=True)], rel=1e-5)
    assert small[0]["x"] == [1, 2, 3]
    (wide,) = [line for line in loss["lines"] if line["label"] == "wide (2 seeds)" and not line["role"]]
    assert wide["x"] == [1, 2, 3, 4]


def test_one_name_is_the_page_of_one_run(runs: Path) -> None:
    page = _report(runs, "small-001", "small-001", file="one.html")
    assert 'id="reproduce"' in page
    assert run(["report", "small-001", "wide-001", "--runs-dir", str(runs)]) == 0
    assert (runs / "small-001" / "report-vs-wide-001.html").is_file()


def test_seeds_by_themselves_differ_in_the_seed(runs: Path) -> None:
    page = _report(runs, "small-001", "small-002", file="seeds.html")
    assert "<code>seed</code>" in page


def test_seeds_of_weights_and_of_the_split_may_both_differ(runs: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        given = [f"seed={seed}", f"data.split.seed={seed + 5}", "name=both", "fit.epochs=1"]
        assert run(["train", str(runs.parent / "small.yaml"), *given, "--runs-dir", str(tmp_path / "r"), "-q"]) == 0
    page = _report(tmp_path / "r", "both-001", "both-002")
    assert '<th scope="col" class="n set" title="data.split.seed">' in page


def _trained(runs: Path, folder: Path, **changes: str) -> Path:
    """Train runs of one epoch each; a name to what is different, in a folder of their own."""
    for name, change in changes.items():
        given = [f"name={name}", "fit.epochs=1", *change.split()]
        assert run(["train", str(runs.parent / "small.yaml"), *given, "--runs-dir", str(folder / "r"), "-q"]) == 0
    return folder / "r"


def _table(page: str) -> list[tuple[str, str, bool]]:
    """Return place, name, and whether something is bold, of each row."""
    found = re.findall(r'<tr(?: class="best")?><td class="n" data-sort="\d?">([\d–])</td>(.*?)</tr>', page, re.S)
    return [(place, re.findall('data-sort="(.*?)"', row)[0], "strong" in row) for place, row in found]


def test_runs_that_cannot_be_compared_are_not_ranked(runs: Path, tmp_path: Path) -> None:
    number = "data.target=b layers.1.Dense.activation=linear compile.loss=mse compile.metrics=[mae]"
    split = "data.split.seed=9"
    made = _trained(runs, tmp_path, rows=split, target=number, one=f"seed=3 {split}", two="data.split.seed=8")
    for other, why in (("target", "predict other targets"), ("two", "were scored on different test rows")):
        page = _report(made, "rows-001", f"{other}-001")
        assert _table(page) == [("–", "rows-001", False), ("–", f"{other}-001", False)]
        text = _text(page)
        assert f"rows-001 and {other}-001 {why}: their scores cannot be compared. So they are not ranked." in text
        assert not re.search("The best|the best|Bold|ahead of|Go further|lower is better", text)
    page = _report(made, "rows-001", "one-001", "target-001", "two-001")
    table = _table(page)
    assert [place for place, *_ in table] == ["1", "2", "–", "–"]
    assert {name for _, name, _ in table[:2]} == {"rows-001", "one-001"}
    assert [bold for *_, bold in table[2:]] == [False, False]
    text = _text(page)
    for name in ("target-001", "two-001"):
        assert f"their scores cannot be compared. {name} is not ranked." in text
    assert re.search("has the (same|best) accuracy", text)


def test_the_best_mean_may_be_behind_where_a_single_run_is_held_against_seeds(runs: Path, tmp_path: Path) -> None:
    split = "data.split.seed=9 fit.epochs=3 compile.optimizer.Adam.learning_rate"
    made = _trained(runs, tmp_path, single=f"seed=7 {split}=0.05")
    for seed, rate in ((0, 0.1), (1, 1e-9)):
        _trained(runs, tmp_path, seeds=f"seed={seed} {split}={rate}")
        kept = RunDir(made / f"seeds-00{seed + 1}")
        kept.update(config={**kept.record["config"], "compile.optimizer.Adam.learning_rate": 0.05})
    scores = [json.loads((made / f"{name}/metrics.json").read_text())["test"]["accuracy"]
              for name in ("seeds-001", "single-001", "seeds-002")]  # fmt: skip
    assert scores[0] > scores[1] > (scores[0] + scores[2]) / 2
    text = _text(_report(made, "seeds", "single"))
    assert (
        "single-001 has the best accuracy, but where they can be held against each other seeds-001 is ahead of" in text
    )
    assert "ahead of the next by" not in text


def test_losses_that_are_not_the_same_thing_stand_in_no_column(runs: Path, tmp_path: Path) -> None:
    made = _trained(
        runs, tmp_path, own="data.split.seed=9", other="data.split.seed=9 compile.loss=binary_focal_crossentropy"
    )
    page = _report(made, "own-001", "other-001")
    headings = re.findall(r'<th scope="col"[^>]*><button type="button">(.*?)</button>', page)
    assert "accuracy" in headings
    assert "loss" not in headings
    assert "losses that are not the same thing: compile.loss." in _text(page)
    assert "The losses are not the same thing (compile.loss)" in _text(page)


def test_a_name_stands_for_its_newest_run_with_scores(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "small-001", tmp_path / "r" / "small-001")
    shutil.copytree(runs / "wide-001", tmp_path / "r" / "wide-001")
    shutil.copytree(runs / "stopped-001", tmp_path / "r" / "wide-002")
    page = _report(tmp_path / "r", "small", "wide")
    assert [name for _, name, _ in _table(page)] in (["small-001", "wide-001"], ["wide-001", "small-001"])
    assert "Left out, having no scores: wide-002 (interrupted)." in _text(page)
    page = _report(tmp_path / "r", "small", "wide-002")
    assert _table(page)[1][:2] == ("–", "wide-002")


def test_more_experiments_than_there_are_colours(runs: Path, tmp_path: Path) -> None:
    names = [f"copy-{n:03}" for n in range(1, 13)]
    for name in names:
        shutil.copytree(runs / "small-001", tmp_path / "runs" / name)
    page = _report(tmp_path / "runs", *names)
    charts = json.loads(re.findall(r'id="charts">(.*?)</script>', page, re.S)[0])
    assert [len(chart["lines"]) for chart in charts if chart["x"] == "false positive rate"] == [10]


def test_an_unknown_run_is_an_error(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "small", "wid", "--runs-dir", str(runs)]) == 4
    assert "no run 'wid'" in capsys.readouterr().err


def test_keys_are_shortened_as_far_as_they_stay_apart() -> None:
    keys = ["layers.0.Dense.units", "layers.1.Dense.units", "fit.epochs", "seed"]
    assert short_keys(keys) == ["0.Dense.units", "1.Dense.units", "fit.epochs", "seed"]
    assert short_keys(["seed", "data.split.seed"]) == ["seed", "split.seed"]


RATE = "compile.optimizer.Adam.learning_rate"


@pytest.mark.parametrize(
    ("key", "values", "best", "further"),
    [
        ("layers.0.Dense.units", [8, 16, 32], 32, 64), ("layers.0.Dense.units", [8, 16, 32], 8, 4),
        (RATE, [0.001, 0.01, 0.1], 0.001, 0.0001), (RATE, [0.001, 0.01, 0.1], 0.01, None),
        (RATE, [0.001, 0.1, 0.1], 0.1, None), ("fit.epochs", [1, 2, 3], 1, None),
        ("layers.1.Dropout.rate", [0.2, 0.4, 0.6], 0.6, 0.9), ("layers.1.Dropout.rate", [0.2, 0.4, 0.8], 0.8, None),
        ("layers.0.LSTM.dropout", [0.25, 0.5, 1.0], 1.0, None), ("compile.optimizer.SGD.momentum", [0.1, 0.5, 0.9],
        0.9, None), ("seed", [1, 2, 3], 3, None), ("layers.1.Dropout.seed", [1, 2, 3], 3, None),
        ("data.split.seed", [1, 2, 3], 3, None), ("data.split.test", [0.1, 0.2, 0.3], 0.3, None),
        ("fit.validation_split", [0.1, 0.2, 0.3], 0.3, None), ("evaluate.threshold", [0.2, 0.3, 0.4], 0.4, None),
        ("preprocessing.window.horizon", [1, 2, 4], 1, None), ("preprocessing.window.length", [6, 12, 24], 24, 48),
        ("layers.0.Dense.use_bias", [True, True, False], True, None),
    ],
)  # fmt: skip
def test_the_next_value_of_a_setting(key: str, values: list[float], best: float, further: float | None) -> None:
    assert beyond(key, values, best) == further


SORT = """(window) => {
  const page = window.document, table = page.querySelector("table.sortable");
  const names = () => [...table.tBodies[0].rows].map((row) => row.cells[1].dataset.sort);
  const heading = [...table.tHead.rows[0].cells].find((cell) => cell.textContent.startsWith("fit.epochs"));
  heading.querySelector("button").click();
  const up = names();
  heading.querySelector("button").click();
  const root = page.documentElement;
  return [up, names(), heading.getAttribute("aria-sort"), root.scrollWidth - root.clientWidth,
    page.querySelectorAll("canvas").length - page.querySelectorAll("[data-chart]").length];
}"""
TOGGLE = """(window) => {
  const page = window.document, chart = page.querySelector("[data-curves] .plot");
  const entries = () => [...chart.querySelectorAll(".u-legend .u-series:not(.gone)")];
  const before = entries().length;
  entries()[1].querySelector("th").click();
  const charts = [...page.querySelectorAll("[data-curves] .plot")];
  const off = charts.map((one) => one.querySelectorAll(".u-legend .u-series.u-off:not(.gone)").length);
  page.querySelectorAll(".controls button").forEach((button) => button.click());
  const slider = page.querySelector("[data-smooth]");
  slider.value = 0.5;
  slider.dispatchEvent(new window.Event("input"));
  return [before, off, page.querySelectorAll("[data-curves] canvas").length, charts.length];
}"""


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_sorts_and_nothing_is_wider_than_the_screen(hostile: str, tmp_path: Path, dark: bool) -> None:
    for up, down, order, wider, undrawn in ask([hostile], SORT, tmp_path, dark=dark):
        assert up.index("small") < up.index("wide")
        assert down.index("wide") < down.index("small")
        assert (order, wider, undrawn) == ("descending", 0, 0)


@needs_chromium
@pytest.mark.slow
def test_a_browser_hides_and_smooths_curves_and_nothing_hostile_runs(hostile: str, tmp_path: Path) -> None:
    for before, off, canvases, charts in ask([hostile], TOGGLE, tmp_path):
        assert before == 4  # the epoch, and the three experiments
        assert off == [1] * charts
        assert canvases == charts == 2
    (tmp_path / "report.html").write_text(hostile, encoding="utf-8")
    dom, logged = open_page(tmp_path / "report.html", tmp_path / "profile")
    assert logged == ""
    assert 'data-ready="true"' in dom
