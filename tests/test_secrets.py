"""A run tells no secrets, nor where its user's home is; and it still finds its data from anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns.sample import make_project

ROOT = Path(__file__).parents[1]
TOKEN = "canary-51c2e7"


@pytest.mark.slow
def test_nothing_of_the_environment_is_recorded(tmp_path: Path) -> None:
    home = tmp_path / "home" / "kim-yuna"
    project = home / "project"
    project.mkdir(parents=True)
    make_project(project)
    config = project / "fruit.yaml"
    text = config.read_text("utf-8").replace("source: fruit.csv", f"source: [fruit.csv, {project}/more.csv]")
    config.write_text(f"# from https://kim:{TOKEN}@example.org/fruit.git\n{text}", encoding="utf-8")
    (project / "more.csv").write_bytes((project / "fruit.csv").read_bytes())
    git = project / ".git"
    git.mkdir()
    (git / "config").write_text(f'[remote "origin"]\n url = https://{TOKEN}@example.org/x.git\n', encoding="utf-8")
    (git / "HEAD").write_text("1" * 40 + "\n", encoding="utf-8")
    secrets = {"HOME": str(home), "API_TOKEN": TOKEN, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    runs = home / "runs"

    def command(*arguments: str, cwd: Path) -> str:
        environment = {**os.environ, **secrets, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "dlrun", *arguments], cwd=cwd, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    command("train", "fruit.yaml", "--runs-dir", str(runs), "--quiet", cwd=project)
    run = runs / "fruit-001"
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) > 8
    for secret in (TOKEN, str(home), "kim-yuna"):
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []
    assert "~/project/fruit.csv" in (run / "resolved.yaml").read_text("utf-8")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    evaluated = json.loads(command("evaluate", str(run), "--json", cwd=elsewhere))
    recorded = json.loads((run / "metrics.json").read_text("utf-8"))
    assert evaluated["test"]["loss"] == pytest.approx(recorded["test"]["loss"])
    assert evaluated["verdict"] and not any("Careful" in sentence for sentence in evaluated["verdict"])
