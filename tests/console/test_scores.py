from __future__ import annotations

import pytest

from dlrun.console.scores import say_verdict, show_class_report, show_scores


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_scores_stand_beside_the_baseline_of_the_part_that_counts(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores(
        {"train": {"loss": 9.0, "rmse": 3.0}, "test": {"loss": 16.0, "rmse": 4.0}},
        {"train": {"mean": {"rmse": 8.0}}, "test": {"mean": {"rmse": 9.25}, "median": {"rmse": None}}},
    )
    assert [line.split() for line in lines(capsys)] == [
        [],
        ["scores", "(mean", "and", "median:", "naive", "answers", "that", "know", "no", "features)"],
        ["train", "test", "mean", "median"],
        ["loss", "9.00", "16.00"],
        ["rmse", "3.000", "4.000", "9.250", "–"],
    ]


def test_new_rows_stand_beside_their_own_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores({"new": {"rmse": 1.5}}, {"new": {"mean": {"rmse": 2.5}}})
    assert any(line.split() == ["rmse", "1.500", "2.500"] for line in lines(capsys))


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores({"test": {"[red]가격[/x].rmse": 1.0}}, {})
    assert "[red]가격[/x].rmse" in capsys.readouterr().out


def test_tiny_numbers_are_not_rounded_to_zero(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores({"test": {"loss": 0.0000123}}, {})
    assert "1.23e-05" in capsys.readouterr().out


def test_class_report_names_every_label(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 1024}
    report = {
        "labels": ["no", "yes"],
        "classes": [{"label": "no", **row}, {"label": "yes", **row}],
        "macro_avg": row,
        "weighted_avg": row,
        "confusion_matrix": [[512, 512], [0, 1024]],
    }
    show_class_report("churn", "test", report)
    shown = lines(capsys)
    assert "churn: classes, on the test rows" in shown
    assert ["no", "1.000", "0.500", "0.667", "1,024"] in [line.split() for line in shown]
    assert ["no", "512", "512"] in [line.split() for line in shown]
    assert ["yes", "0", "1,024"] in [line.split() for line in shown]


def test_lines_in_a_file_hold_no_control_characters_and_no_trailing_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores({"test": {"rmse": 1.0, "mae": 2.0}}, {})
    say_verdict(["The model \x1b[2Jbeats the mean."])
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\r" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_a_score_that_is_not_defined_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores({"train": {"rmse": 1.0, "mape": 0.5}, "test": {"rmse": 1.0, "mape": None}}, {})
    shown = lines(capsys)
    assert shown[-2].split() == ["mape", "0.5000", "–"]
    assert shown[-1] == "MAPE is not defined: the target holds zeros"


def test_the_interval_stands_beside_its_part(capsys: pytest.CaptureFixture[str]) -> None:
    show_scores(
        {"train": {"loss": 9.0, "rmse": 3.0}, "test": {"loss": 16.0, "rmse": 4.0}},
        {"test": {"mean": {"rmse": 9.25}}},
        {"test": {"rmse": [3.25, 4.5]}},
    )
    shown = lines(capsys)
    assert [line.split() for line in shown[2:]] == [
        ["train", "test", "95", "%", "interval", "mean"],
        ["loss", "9.00", "16.00"],
        ["rmse", "3.000", "4.000", "3.250", "to", "4.500", "9.250"],
    ]
