"""A configuration that is wrong, or that leads out of the workspace, is named with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.machine import RULES

if TYPE_CHECKING:
    from cli.machine import Machine

CONFIGS = {
    "unknown key": ("gaet: []\n", "mlgate.yml:1:1: unknown key 'gaet'", "did you mean `gate`?"),
    "unknown key of a rule": (
        "gate:\n  - {metric: auc, max-dorp: 0.1}\n",
        "mlgate.yml:2:19: unknown key 'max-dorp'",
        "did you mean `max-drop`?",
    ),
    "underscore": (
        "gate:\n  - metric: auc\n    max_drop: 0.1\n",
        "mlgate.yml:3:5: unknown key 'max_drop'",
        "did you mean `max-drop`?",
    ),
    "unknown policy": (
        "policy: {on-mising: warn}\n",
        "mlgate.yml:1:10: unknown key 'on-mising'",
        "did you mean `on-missing`?",
    ),
    "wrong value": (
        "policy: {mode: enforced}\n",
        "mlgate.yml:1:10: Invalid enum value 'enforced'",
        "one of: enforce, observe",
    ),
    "two names": ("gate: [{metric: a, check: b}]\n", "mlgate.yml:1:8: a rule names either", ""),
    "no name": ("gate: [{max-drop: 0.1}]\n", "mlgate.yml:1:8: a rule names either", ""),
    "a limit that is none": ("gate: [{metric: a, max-drop: lots}]\n", "mlgate.yml:1:8: ", ""),
    "a list": ("- a\n", "mlgate.yml:1:1: the top level must be a mapping", "begin with"),
    "another version": ("version: 2\n", "mlgate.yml:1:1: version 2 is not known", ""),
    "duplicate key": ("gate: []\ngate: []\n", "mlgate.yml:2:1: ", ""),
    "an alias": ("a: &a [1]\ngate: *a\n", "mlgate.yml:", ""),
    "not YAML": ("gate: [}\n", "mlgate.yml:1:8: ", ""),
    "a tab": ("gate:\n\t- a\n", "mlgate.yml:2:1: ", ""),
    "a tag": ("gate: !!python/object/apply:os.system ['true']\n", "mlgate.yml:1:", ""),
    "empty": ("", "mlgate.yml: the file is empty", ""),
    "not text": ("\x00", "mlgate.yml:", ""),
    "two documents": ("gate: []\n---\ngate: []\n", "mlgate.yml:", ""),
}


@pytest.mark.parametrize(("text", "what", "fix"), CONFIGS.values(), ids=CONFIGS.keys())
def test_a_configuration_that_is_wrong(measured: Machine, text: str, what: str, fix: str) -> None:
    measured.work.write(mlgate__yml=text)
    ran = measured.report()
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert ran.errors[0].startswith(f"error: {what}")
    assert len(ran.stderr.splitlines()) <= 2
    assert fix in ran.stderr
    assert not (measured.path / ".mlgate").exists()


ALIASES = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))
BOMB = f"a0: &a0 [lol]\n{ALIASES}\n"


def test_an_alias_bomb_in_the_configuration(measured: Machine) -> None:
    measured.work.write(mlgate__yml=BOMB)
    ran = measured.report()
    assert ran.exit_code == 2
    assert ran.errors[0].startswith("error: mlgate.yml:2:10: aliases (`*name`) are not allowed")


def test_an_alias_bomb_in_a_metrics_file(measured: Machine) -> None:
    measured.work.write(mlgate__yml="metrics: [metrics.yaml]\n", metrics__yaml=BOMB)
    ran = measured.report()
    assert ran.exit_code == 3
    assert measured.judgement("metrics.yaml")["outcome"] == "missing"


def test_a_configuration_that_is_named_and_not_there(measured: Machine) -> None:
    ran = measured.run("--config", "gate.yml", "report")
    assert ran.exit_code == 2
    assert ran.errors == ["error: gate.yml: no such configuration"]
    assert "`mlgate init` writes one" in ran.stderr


class TestOutside:
    """Nothing outside of the workspace is read or written."""

    @pytest.fixture
    def secret(self, measured: Machine) -> str:
        place = measured.path.parent / "secret.json"
        place.write_text('{"secret": 0.4242}')
        return str(place)

    @pytest.mark.parametrize("path", ["../secret.json", "{absolute}", "a/../../secret.json"])
    @pytest.mark.parametrize("key", ["metrics", "params", "artifacts"])
    def test_a_path_that_leads_out(
        self, measured: Machine, secret: str, key: str, path: str
    ) -> None:
        named = path.format(absolute=secret)
        measured.work.write(mlgate__yml=f"metrics: [metrics.json]\n{key}: ['{named}']\n")
        if key == "metrics":
            measured.work.write(mlgate__yml=f"metrics: ['{named}']\n")
        ran = measured.report()
        files = "".join(f.read_text() for f in (measured.path / ".mlgate").iterdir())
        assert "4242" not in ran.output + files
        assert ran.exit_code == (0 if key == "artifacts" else 3), ran.output

    def test_a_link_that_leads_out(self, measured: Machine, secret: str) -> None:
        (measured.path / "metrics.json").unlink()
        (measured.path / "metrics.json").symlink_to(secret)
        ran = measured.report()
        assert ran.exit_code == 3
        judgement = measured.judgement("metrics.json")
        assert judgement["sentence"] == "metrics.json: leads outside the workspace."
        assert judgement["advice"] == "name files inside the repository; links must not leave it"

    def test_a_configuration_that_leads_out(self, measured: Machine) -> None:
        (measured.path.parent / "out.yml").write_text("gate: []\n")
        ran = measured.run("--config", "../out.yml", "report")
        assert ran.exit_code == 2
        assert ran.errors == ["error: ../out.yml: leads outside the workspace"]

    @pytest.mark.parametrize("folder", ["../elsewhere", "link/elsewhere"])
    def test_an_output_folder_that_leads_out(self, measured: Machine, folder: str) -> None:
        (measured.path / "link").symlink_to(measured.path.parent)
        ran = measured.report("--output", folder)
        assert ran.exit_code == 2
        assert ran.errors == [f"error: --output {folder!r} leads outside the workspace"]
        assert not (measured.path.parent / "elsewhere").exists()

    def test_an_output_folder_that_is_a_file(self, measured: Machine) -> None:
        ran = measured.report("--output", "metrics.json")
        assert ran.exit_code == 2
        assert ran.errors == [
            f"error: --output {measured.path}/metrics.json: no folder can be made here: File exists"
        ]


def test_a_folder_of_that_name_is_not_passed_over(measured: Machine) -> None:
    measured.work.git("rm", "--quiet", "mlgate.yml")
    measured.work.put({"mlgate.yml/mlgate.yml": RULES})
    ran = measured.report()
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.errors == ["error: mlgate.yml is a folder"]


@pytest.mark.parametrize("raw", ["", "gate: [", b"\x80"], ids=["empty", "cut short", "binary"])
def test_a_file_that_cannot_be_read_is_told_how_one_looks(
    measured: Machine, raw: str | bytes
) -> None:
    measured.work.write(mlgate__yml=raw)
    ran = measured.report()
    assert ran.exit_code == 2
    assert "fix: `mlgate init --print` shows a configuration that fits" in ran.stderr
