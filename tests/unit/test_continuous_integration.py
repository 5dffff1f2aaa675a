"""What runs before a change is merged: the workflow, the hooks and the gate agree with one another."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.documents import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_workflow_is_valid() -> None:
    check = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [check, "--builtin-schema", "vendor.github-workflows", WORKFLOW], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_workflow_runs_the_script_and_pins_every_action_by_a_version() -> None:
    (job,) = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"].values()
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert scripts == [".ci/run"]
    assert (ROOT / scripts[0]).stat().st_mode & 0o100
    for step in job["steps"]:
        assert re.search(r"@v\d", step.get("uses", "@v0")), step


def test_every_hook_calls_a_tool_of_the_quality_gate() -> None:
    for hook in HOOKS:
        program, _, _ = hook["entry"].partition(" ")
        in_make = program.replace(".venv/bin", "$(BIN)")
        assert f"\t{in_make} " in MAKEFILE or program == "make", hook["id"]
