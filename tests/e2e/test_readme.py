import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import ROOT, running

README = (ROOT / "README.md").read_text(encoding="utf-8")
END = "-- end of command --"


def sessions() -> list[tuple[str, str]]:
    """Each command of the console blocks, continuation lines joined, with the output it is said to have."""
    blocks = "".join(re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
    found: list[tuple[str, str]] = []
    for line in blocks.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> "):
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def test_the_tour_goes_as_the_readme_tells_it(environment: dict[str, str], port: int) -> None:
    commands = sessions()
    assert len(commands) > 15
    script = "".join(f"{command}\necho '{END}'\n" for command, _ in commands)
    with running(environment, port) as demo:
        script = script.replace("http://127.0.0.1:8000", demo.home).replace("http://127.0.0.1:9000", demo.upstream)
        done = subprocess.run(["bash", "-s"], input=script, capture_output=True, text=True, timeout=60, check=True)
    outputs = done.stdout.split(f"{END}\n")[:-1]
    for (command, promised), output in zip(commands, outputs, strict=True):
        assert output == promised, (command, done.stderr)


def test_the_script_in_the_readme_runs(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    path = tmp_path / "my_script.py"
    path.write_text(script, encoding="utf-8")
    subprocess.run([sys.executable, str(path)], env={"PYTHONPATH": str(ROOT / "src")}, check=True, timeout=60)


def test_every_setting_is_in_the_readme_and_nothing_else() -> None:
    read = set()
    for path in (ROOT / "src" / "bootstrap.py", *(ROOT / "src" / "config").rglob("[!t]*.py")):
        read |= set(re.findall(r"""env(?:iron\.get|\.[a-z]+)\(["']([A-Z_]+)""", path.read_text(encoding="utf-8")))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert read == told
