from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import textwrap

import pytest

from dlrun.console.progress import PlainView, training_view

DRIVE = """
    import time
    view.phase("reading the data")
    view.note("3 rows were left out: [/x] [bold]")
    view.prepared({"train": 1200, "test": 40}, {"features": (12,)}, 113)
    view.train_begin(3, 4, ["loss"])
    for epoch in range(3):
        for batch in range(4):
            view.batch_end(epoch, batch, {"loss": 2.5})
            time.sleep(PAUSE)
        view.epoch_end(epoch, {"loss": 2.0 - epoch, "val_loss": [0.7, 0.5, 0.6][epoch]}, 0.25)
    view.train_end()
    view.phase("evaluating")
"""


def test_without_a_terminal_an_epoch_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    view = training_view()
    assert isinstance(view, PlainView)
    exec_drive(view)
    assert capsys.readouterr().out.splitlines() == [
        "note: 3 rows were left out: [/x] [bold]",
        "1,200 training, 40 test rows; 12 features; 113 parameters",
        "epoch 1/3   0.2 s  loss 2.000  val_loss 0.7000",
        "epoch 2/3   0.2 s  loss 1.0000  val_loss 0.5000",
        "epoch 3/3   0.2 s  loss 0.0000  val_loss 0.6000",
        "trained 3 epochs in 0.8 s; best epoch 2 (val_loss 0.5000)",
    ]


def exec_drive(view: PlainView) -> None:
    view.phase("reading the data")
    view.note("3 rows were left out: [/x] [bold]")
    view.prepared({"train": 1200, "test": 40}, {"features": (12,)}, 113)
    view.train_begin(3, 4, ["loss"])
    for epoch in range(3):
        for batch in range(4):
            view.batch_end(epoch, batch, {"loss": 2.5})
        view.epoch_end(epoch, {"loss": 2.0 - epoch, "val_loss": [0.7, 0.5, 0.6][epoch]}, 0.25)
    view.train_end()


def in_a_terminal(body: str, lines: int = 24) -> str:
    """Run Python code whose stdout is a terminal 80 columns wide; return what it wrote."""
    master, slave = pty.openpty()
    code = (
        "from dlrun.console import progress\n"
        "progress._REDRAW_SHARE = 1e9\n"  # however slow the machine is: as often as _REDRAW_SECONDS allows
        "PAUSE = 0.06\n"
        "with progress.training_view() as view:\n"
    ) + body
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": str(lines)},
    )
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not piece:
            break
        written += piece
    process.wait()
    os.close(master)
    return written.decode("utf-8")


def on_screen(written: str) -> str:
    """Return the lines that stand on the screen at the end: rich moves up and erases lines, and nothing else."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if piece == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif piece.endswith("A") and piece.startswith("\x1b"):
            row -= int(piece[2:-1] or 1)
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif not piece.startswith("\x1b") and piece != "\r":
            lines[row] += piece
    return "\n".join(lines).rstrip()


def visible(written: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)


def test_in_a_terminal_lines_are_redrawn() -> None:
    written = in_a_terminal(DRIVE)
    seen = visible(written)
    assert "reading the data ..." in seen
    assert re.search(r"epoch 2/3  batch \d/4 +.*left", seen)
    assert "best epoch 1 (val_loss 0.7000)" in seen
    assert "note: 3 rows were left out: [/x] [bold]" in seen
    assert "trained 3 epochs in 0.8 s; best epoch 2 (val_loss 0.5000)" in seen
    # 2, 1, 0 and 0.7, 0.5, 0.6 on one scale from 0 to twice the median, 1.4
    assert re.search(r"1\.400 ┤[\u2800-\u28ff ]+\r?\n +│", seen)
    assert re.search(r"0\.0000 ┤[\u2800-\u28ff ]+\r?\n +└─+▲─+", seen)
    assert "── loss   ── val_loss" in seen
    assert "┤" not in on_screen(written), "the curves of so few epochs go with the bar"
    assert on_screen(written).splitlines()[-1] == "trained 3 epochs in 0.8 s; best epoch 2 (val_loss 0.5000)"
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l"), "the cursor is given back"
    assert max(len(line) for line in seen.replace("\r", "\n").splitlines()) <= 80


def test_in_a_small_terminal_each_curve_is_a_line() -> None:
    written = in_a_terminal(DRIVE, lines=16)
    assert re.search(r"loss      █▆▁ *\r?\nval_loss  ▅▃▄", visible(written))
    assert "┤" not in visible(written)
    assert "▁" not in on_screen(written), "the curves go with the bar"


def test_the_curves_stay_when_training_is_over() -> None:
    epochs = """
    view.train_begin(6, 1, ["loss"])
    for epoch in range(6):
        view.epoch_end(epoch, {"loss": 3.0 - epoch / 2, "val_loss": 2.0}, 0.25)
    view.train_end()
    """
    *chart, legend, last = on_screen(in_a_terminal(epochs)).splitlines()
    assert last == "trained 6 epochs in 1.5 s; best epoch 1 (val_loss 2.000)"
    assert legend.split() == ["──", "loss", "──", "val_loss"]
    assert len(chart) == 12
    assert "3.000" in chart[0]


def test_a_resumed_run_tells_the_time_that_is_left_by_its_own_epochs() -> None:
    resumed = """
    import time
    view.train_begin(200, 2, ["loss"])
    for epoch in range(100, 104):
        for batch in range(2):
            view.batch_end(epoch, batch, {"loss": 1.0})
            time.sleep(0.11)
        view.epoch_end(epoch, {"loss": 1.0}, 0.22)
    """
    seen = visible(in_a_terminal(resumed))
    told = [float(n) for n in re.findall(r"epoch 10[34]/200 .*? ([\d.]+) s left", seen)]
    assert told
    assert all(12 < seconds < 60 for seconds in told)  # 97 epochs of 0.22 s and more


def test_the_terminal_is_left_in_order_when_training_fails() -> None:
    broken = textwrap.indent("view.train_begin(3, 4, [])\nraise RuntimeError('stop')", "    ")
    written = in_a_terminal(broken)
    assert "RuntimeError: stop" in visible(written)
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l")


def test_inputs_are_named_where_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    PlainView().prepared({"train": 9}, {"house": (4,), "picture": (8, 8, 1)}, 1)
    assert capsys.readouterr().out == "9 training rows; 2 inputs: house (4), picture (8 x 8 x 1); 1 parameter\n"


def test_a_training_that_was_stopped_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), PlainView() as view:
        view.train_begin(3, 4, ["loss"])
        view.epoch_end(0, {"loss": 2.0}, 0.25)
        raise KeyboardInterrupt
    assert capsys.readouterr().out.splitlines()[-1] == "stopped after 1 epoch"
