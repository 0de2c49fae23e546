"""Take the README's pictures: comments of real runs, in a real browser, into ``docs/images``.

Trains the demo's model three times over: a pull request that passes, one that fails, and one whose
drop cannot be told from chance.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from browser.screenshot import page_of, screenshot
from fakes.git import GitFolder
from fakes.predictions import predictions
from mlgate.demo.scene import Scene

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
FORESTS = {"pass": (40, 6), "fail": (2, 1), "inconclusive": (10, 3)}
"""Trees and depth of each pull request; the base has 60 of depth 6."""

FULL_REPORT = "fail"
REPORT_HEIGHT = 1150
ROWS_HEIGHT = 1260
PREDICTIONS = """\
predictions: {file: predictions.csv, id: id, label: churned, score: score, slices: [region]}
gate:
  - {metric: roc_auc, max-drop: 0.01}
  - {metric: accuracy, slices: true, max-drop: 0.02}
policy: {on-inconclusive: pass}
"""


def main() -> None:
    """Write one picture of the comment for each verdict, and one of the full report."""
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder, "demo"), os.environ)
        scene.build()
        scene.train()
        base = scene.commit("Train the base model")
        scene.push("main")
        for name, (trees, depth) in FORESTS.items():
            made = reported(scene, base, trees, depth)
            comment = (made / "report.md").read_text(encoding="utf-8")
            screenshot(page_of(comment), IMAGES / f"comment-{name}.png")
            if name == FULL_REPORT:
                page = (made / "report.html").read_text(encoding="utf-8")
                screenshot(page, IMAGES / "report.png", width=1000, height=REPORT_HEIGHT)
        page = row_by_row(Path(folder, "rows"))
        screenshot(page, IMAGES / "report-rows.png", width=1000, height=ROWS_HEIGHT)


def row_by_row(folder: Path) -> str:
    """Return the report of a model that got worse in one region."""
    work = GitFolder.new(folder)
    work.put({"mlgate.yml": PREDICTIONS, "predictions.csv": predictions(6000)})
    work.commit("Train the base model")
    work.switch("better")
    work.put({"predictions.csv": predictions(6000, noise=0.08, model=2, worse_in="west")})
    work.commit("Add a feature")
    command = [sys.executable, "-m", "mlgate", "--quiet", "report"]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    return (folder / ".mlgate" / "report.html").read_text(encoding="utf-8")


def reported(scene: Scene, base: str, trees: int, depth: int) -> Path:
    """Train this forest in a pull request, report on it, and return the folder of the report."""
    scene.checkout(base)
    scene.set_parameter("trees", trees)
    scene.set_parameter("max_depth", depth)
    scene.train()
    head = scene.commit(f"{trees} trees of depth {depth}")
    scene.checkout_merge(base, head)
    command = [sys.executable, "-m", "mlgate", "--quiet", "report", "--post", "never"]
    job = scene.pull_request_job(base, head)
    subprocess.run(command, cwd=scene.repo, env=job, check=False, stdout=subprocess.DEVNULL)
    return scene.repo / ".mlgate"


if __name__ == "__main__":
    main()
