"""The benchmarks themselves are run by hand; here only what would make their figures wrong."""

from __future__ import annotations

import ast
import sys

import pytest

from dlrun.config import load_config
from tests.benchmarks.arithmetic import exponent, later_epochs, less, median, ratio
from tests.benchmarks.cases import CASES, EPOCH, SCALING, WHOLE
from tests.benchmarks.compare import figures_of
from tests.benchmarks.data import case_file, make_case_data, make_table
from tests.benchmarks.measure import CommandError, HistoryWatch, run_command
from tests.benchmarks.scaling import exponents
from tests.benchmarks.seeds import APART, TOGETHER, figures_of_seeds
from tests.benchmarks.sides import DifferentWorkError, Sample, require_same_work

ALL = [*CASES.values(), SCALING]


def sample(**changes: object) -> Sample:
    values = {"whole": 10.0, "first_epoch": 6.0, "epoch": 1.0, "peak_bytes": 800, "parameters": 221}
    values |= {"rows": {"train": 64, "validation": 16, "test": 20}, "scores": {"rmse": 1.5}}
    return Sample(**(values | changes))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_the_script_fits_as_often_and_in_the_same_batches_as_the_config(case, tmp_path):
    table = tmp_path / ("scaling.csv" if case is SCALING else case_file(case.name))
    if case is SCALING:
        make_table(table, 30, 10, "regression")
    else:
        make_case_data(table, case.name, rows=60)
    config = load_config(case.config, [f'data.source="{table.as_posix()}"'])
    tree = ast.parse(case.script.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    # The windows' batches are made by timeseries_dataset_from_array, not by fit.
    makers = {"model.fit", "keras.utils.timeseries_dataset_from_array"}
    told = {word.arg: ast.unparse(word.value) for c in calls if ast.unparse(c.func) in makers for word in c.keywords}
    assert (told["epochs"], told["batch_size"]) == (str(config.fit.epochs), str(config.fit.batch_size))


def test_every_config_and_script_belongs_to_a_case():
    folder = SCALING.config.parents[1]
    names = {case.name for case in ALL}
    assert {path.stem for path in (folder / "configs").iterdir()} == names
    assert {path.stem for path in (folder / "scripts").glob("*.py")} == names | {"stopwatch"}


def test_a_table_is_the_same_every_time_and_complete_when_made_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.benchmarks.data.CELLS_AT_ONCE", 200)  # 20 rows of 10 columns
    make_table(tmp_path / "once.csv", 50, 10, "classes")
    make_table(tmp_path / "again.csv", 50, 10, "classes")
    assert (tmp_path / "once.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()
    lines = (tmp_path / "once.csv").read_text().splitlines()
    assert len(set(lines)) == 51
    assert lines[0].replace('"', "") == "x0,x1,x2,x3,x4,x5,x6,x7,x8,x9,y"
    assert {line.split(",")[10] for line in lines[1:]} == set("01234")


def test_medians_leave_out_what_is_unknown():
    assert median([3.0, None, 1.0, 8.0]) == 3.0
    assert median([None]) is None
    assert later_epochs([9.0, 1.0, 4.0, 2.0]) == 2.0
    assert later_epochs([9.0]) is None


def test_ratio_is_the_script_by_dlrun():
    assert ratio(10.0, 2.5) == 4.0
    assert ratio(None, 2.5) is None
    assert ratio(10.0, None) is None


def test_exponent_of_powers():
    sizes = [10, 100, 1000]
    assert exponent(sizes, [2.0, 20.0, 200.0]) == pytest.approx(1.0)
    assert exponent(sizes, [3.0, 300.0, 30_000.0]) == pytest.approx(2.0)
    assert exponent(sizes, [5.0, 5.0, 5.0]) == pytest.approx(0.0)
    # Least squares by hand: logarithms (1, 0), (2, 1), (3, 3); slope = (-1 * -4/3 + 1 * 5/3) / 2 = 3/2.
    assert exponent(sizes, [1.0, 10.0, 1000.0]) == pytest.approx(1.5)


def test_exponent_leaves_out_sizes_that_cost_nothing():
    assert exponent([10, 100, 1000], [-0.2, 4.0, 40.0]) == pytest.approx(1.0)
    assert exponent([10, 100], [None, 4.0]) is None
    assert less([5.0, None, 3.0], 2.0) == [3.0, None, 1.0]


def test_exponents_of_a_curve_take_the_start_off_the_whole_command_only():
    def point(whole: float, epoch: float) -> dict:
        return {"figures": {WHOLE: {"dlrun": whole}, EPOCH: {"dlrun": epoch}}}

    # Beyond the start's 5 s: 0.2 (drowns in it and is left out), 1, 10, 1000.
    points = [point(5.2, 0.001), point(6.0, 0.01), point(15.0, 0.1), point(1005.0, 1.0)]
    found = exponents([1, 10, 100, 1000], points, point(5.0, 0.001), "dlrun")
    assert found[WHOLE] == pytest.approx(1.5)
    assert found[f"{WHOLE}, last step"] == pytest.approx(2.0)
    assert found[EPOCH] == pytest.approx(1.0)
    assert found[f"{EPOCH}, last step"] == pytest.approx(1.0)


def test_figures_are_medians_and_goals_are_judged():
    samples = {
        "script": [sample(epoch=1.0), sample(epoch=3.0), sample(epoch=1.2)],
        "dlrun": [sample(epoch=0.3, whole=5.0), sample(epoch=0.2, whole=4.0), sample(epoch=0.1, whole=8.0)],
    }
    figures = figures_of(samples, {EPOCH: 5.0, WHOLE: 2.5})
    assert figures[EPOCH] == {"script": 1.2, "dlrun": 0.2, "ratio": pytest.approx(6.0), "goal": 5.0, "held": True}
    assert figures[WHOLE] == {"script": 10.0, "dlrun": 5.0, "ratio": 2.0, "goal": 2.5, "held": False}


def test_different_work_is_not_compared():
    require_same_work(sample(), sample(scores={"rmse": 1.6, "mae": 1.0}))
    other = sample(parameters=220, rows={"train": 64, "validation": 15, "test": 20}, scores={})
    with pytest.raises(
        DifferentWorkError, match=r"parameters: script 221, dlrun 220; validation rows: .* 16, .* 15; rmse"
    ):
        require_same_work(sample(), other)


def test_a_command_is_measured_in_its_own_process(tmp_path):
    code = "import time; block = bytearray(b'x') * 120_000_000; time.sleep(0.2); print('done')"
    measured = run_command([sys.executable, "-c", code], tmp_path)
    assert measured.output == "done\n"
    assert 0.2 < measured.seconds < 30
    assert measured.peak_bytes > 120_000_000


def test_a_command_that_fails_tells_its_last_words(tmp_path):
    with pytest.raises(CommandError, match="no such luck") as caught:
        run_command([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("pause", [0.02, 0.2])
def test_epochs_are_seen_from_outside(tmp_path, pause):
    history = tmp_path / "history.csv"
    code = "\n".join(
        [
            "import sys, time",
            "with open(sys.argv[1], 'a') as file:",
            "    for line in ('epoch,loss', '1,0.5', '2,0.4', '3,0.3'):",
            "        print(line, file=file, flush=True)",
            f"        time.sleep({pause})",
        ]
    )
    with HistoryWatch(lambda: history if history.exists() else None) as watch:
        measured = run_command([sys.executable, "-c", code, str(history)], tmp_path)
    assert watch.epoch == pytest.approx(pause, abs=0.09)
    assert pause < watch.first_epoch_end - measured.started < measured.seconds


def test_seeds_must_take_a_quarter_of_the_time():
    figures = figures_of_seeds({APART: [(40.0, 5), (44.0, 5), (60.0, 6)], TOGETHER: [(11.5, 7), (10.0, 9), (10.9, 8)]})
    assert (figures[APART]["seconds"], figures[TOGETHER]["seconds"]) == (44.0, 10.9)
    assert figures[TOGETHER]["goal"] == 11.0 and figures[TOGETHER]["held"]
    assert figures[TOGETHER]["peak_bytes"] == 8
    assert not figures_of_seeds({APART: [(40.0, 5)], TOGETHER: [(10.1, 5)]})[TOGETHER]["held"]
