"""``mlgate demo``: a pull request gets its report, on this machine, in a minute."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.demo.forge import DemoForge
    from mlgate.demo.scene import Scene

EXPECTED: Final = {1: "stopped", 0: "free to merge"}


@click.command(epilog="Example: mlgate demo --folder /tmp/mlgate-demo")
@click.option("--folder", default="mlgate-demo", metavar="DIR", help="Where everything goes.")
@click.pass_context
def demo(ctx: click.Context, *, folder: str) -> None:
    """Watch a pull request get its report, here, in a minute.

    Trains a real small model twice in a throw-away git repository: the base, and a pull request
    that makes it worse. The report is posted to a stand-in for GitHub on a loopback address; then
    the pull request is mended, and the same comment turns green. Nothing outside --folder is
    touched.
    """
    from mlgate.demo.forge import DemoForge  # noqa: PLC0415  # only the demo needs a server
    from mlgate.demo.scene import Scene  # noqa: PLC0415

    session: Session = ctx.obj
    scene = Scene((session.workspace / folder).resolve(), session.environ)
    with DemoForge() as forge:
        _say("1", "a repository with a remote; training the base model")
        scene.build()
        click.echo(f"  {scene.train()}")
        base = scene.commit("Train the base model")
        scene.push("main")
        scene.branch("simpler-forest")
        _say("2", "a pull request: 2 trees of depth 1 instead of 60 of depth 6; training")
        scene.set_parameter("trees", 2)
        scene.set_parameter("max_depth", 1)
        worse = _push_and_report(scene, forge, base, run=501)
        _say("3", "the comment that the reviewer sees")
        click.echo(_indented(_comment(forge)["body"]))
        pages = _write_pages(scene, forge, "worse")
        _say("4", "the author mends it: 40 trees of depth 6; training; the same comment")
        scene.checkout("simpler-forest")
        scene.set_parameter("trees", 40)
        scene.set_parameter("max_depth", 6)
        mended = _push_and_report(scene, forge, base, run=502)
        click.echo(_indented(_comment(forge)["body"]))
        pages += _write_pages(scene, forge, "mended")
        _summary(forge, pages, (worse, mended))
    as_expected = (worse, mended) == (1, 0) and len(forge.comments) == 1
    ctx.exit(0 if as_expected else 70)


def _push_and_report(scene: Scene, forge: DemoForge, base: str, *, run: int) -> int:
    """Train, push, and run ``mlgate report`` as a CI machine would; returns its exit code."""
    click.echo(f"  {scene.train()}")
    head = scene.commit("Change the forest")
    scene.push("simpler-forest")
    scene.checkout_merge(base, head)
    job = scene.pull_request_job(base, head, server=forge.url, run=run)
    done = subprocess.run(
        [sys.executable, "-m", "mlgate", "report", "--format", "github"],
        cwd=scene.repo,
        env={**job, "GITHUB_API_URL": forge.url, "MLGATE_TOKEN": "demo-token"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in EXPECTED:
        click.echo(done.stdout + done.stderr, err=True)
    verdict = EXPECTED.get(done.returncode, "not judged")
    click.echo(f"  mlgate report: exit code {done.returncode}, the pull request is {verdict}")
    return done.returncode


def _comment(forge: DemoForge) -> dict[str, Any]:
    return forge.comments[min(forge.comments)]


def _write_pages(scene: Scene, forge: DemoForge, name: str) -> list[Path]:
    from mlgate.demo.page import comment_page  # noqa: PLC0415

    comment = scene.folder / f"comment-{name}.html"
    comment.write_text(comment_page(_comment(forge)["body"]), encoding="utf-8")
    report = scene.folder / f"report-{name}.html"
    report.write_bytes((scene.repo / ".mlgate" / "report.html").read_bytes())
    return [comment, report]


def _summary(forge: DemoForge, pages: list[Path], codes: tuple[int, int]) -> None:
    _say("5", "to look at")
    for page in pages:
        click.echo(f"  {page}")
    checks = ", ".join(str(check.get("conclusion")) for check in forge.checks.values())
    click.echo(f"  exit codes {codes[0]} and {codes[1]}; check runs: {checks}")
    click.echo("\nnext: `mlgate init` in your own repository")


def _say(step: str, text: str) -> None:
    click.secho(f"\n[{step}] {text}", bold=True)


def _indented(text: str) -> str:
    return "\n".join(f"  │ {line}" for line in text.splitlines())
