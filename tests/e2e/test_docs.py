"""What the documents show is done, and what it prints is compared.

A document's commands run first, in one shell, then its Python, in one process, on the database that the commands made.

- `console`: commands after `$ ` (`> ` goes on), each with what it prints.
- `bash`: commands that must succeed, whatever they print.
- `python`: prints what a `text` block right below it shows, or nothing.
- `text` elsewhere: a picture, drawn with lines. Nothing else may stand in a document without being run.

A document starts its own server, in the background and without its output, and waits for it:
`manage.py serve > /dev/null 2>&1 &`, then `curl -s --retry 60 --retry-connrefused --retry-delay 1 …/health/ready`. It
ends with the shell. Ports 8000 and 9000 stand for free ones, of the registry and of the demo upstream. Only the README
and the tour expect a running demo.
"""

import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from attrs import frozen

from tests.documents import DOCUMENTS, README, ROOT, TOUR, blocks, every_document, named
from tests.e2e.conftest import running
from tests.programs import free_port

END = "-- end of step --"


@frozen
class Step:
    """`promised` is what `code` prints; None if that is left open."""

    code: str
    promised: str | None


def commands(document: Path) -> list[Step]:
    steps: list[Step] = []
    for block in blocks(document):
        if block.kind == "bash":
            steps.append(Step(f"set -e\n{block.content}set +e", None))
        for line in block.content.splitlines() if block.kind == "console" else ():
            if line.startswith("$ "):
                steps.append(Step(line[2:], ""))
            elif line.startswith("> "):
                steps[-1] = Step(f"{steps[-1].code}\n{line[2:]}", "")
            else:
                steps[-1] = Step(steps[-1].code, f"{steps[-1].promised}{line}\n")
    return steps


def python(document: Path) -> list[Step]:
    steps: list[Step] = []
    for block in blocks(document):
        if block.kind == "python":
            steps.append(Step(block.content, ""))
        elif block.is_output:
            steps[-1] = Step(steps[-1].code, block.content)
    return steps


def carry_out(steps: list[Step], program: str, script: Path, environment: dict[str, str], directory: Path) -> None:
    done = subprocess.run(
        [program, str(script)],
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    outputs = done.stdout.split(f"{END}\n")
    for step, output in zip(steps, outputs, strict=False):
        if step.promised is not None:
            assert output.rstrip("\n") == step.promised.rstrip("\n"), (step.code, done.stderr)
    assert len(outputs) == len(steps) + 1, (steps[len(outputs) - 1].code, done.stderr)


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if any(blocks(path))], ids=named)
def test_documented_commands_print_the_documented_output(
    document: Path, port: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    environment: dict[str, str] = request.getfixturevalue("loaded" if document in {README, TOUR} else "environment")
    shell = "trap 'kill $(jobs -p) 2> /dev/null' EXIT\n"
    shell += "".join(f"{step.code}\necho '{END}'\n" for step in commands(document))
    with running(environment, port) if document in {README, TOUR} else nullcontext() as demo:
        for shown, meant in {
            "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
            "http://127.0.0.1:9000": demo.upstream if demo else f"http://127.0.0.1:{free_port()}",
            ".venv/bin/": f"{Path(sys.executable).parent}/",
            "> deploy/.env": f"> {tmp_path}/.env",
        }.items():
            shell = shell.replace(shown, meant)
        script = tmp_path / "commands.sh"
        script.write_text(shell, encoding="utf-8")
        carry_out(commands(document), "bash", script, environment | {"GRANIAN_PORT": str(port)}, ROOT)
    script = tmp_path / "my_script.py"
    script.write_text("".join(f"{step.code}\nprint('{END}')\n" for step in python(document)), encoding="utf-8")
    carry_out(python(document), sys.executable, script, environment | {"PYTHONPATH": str(ROOT / "src")}, tmp_path)


@every_document
def test_every_code_block_is_run_or_is_a_diagram(document: Path) -> None:
    for block in blocks(document):
        is_picture = block.kind == "text" and bool(re.search("[─│├└▶◀▲▼]", block.content))
        assert block.kind in {"console", "bash", "python"} or block.is_output or is_picture, block
