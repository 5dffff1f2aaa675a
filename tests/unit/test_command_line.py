import sys

import pytest

import core
from config.command_line import main


def output(*arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/patient-registry", *arguments])
    main()
    return capsys.readouterr().out


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_the_help_lists_the_commands_that_operate_a_registry(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    usage, _, *lines = output(*arguments, monkeypatch=monkeypatch, capsys=capsys).splitlines()
    assert usage == "Type 'patient-registry help COMMAND' for the options of a command."
    listed = {line.split()[0] for line in lines}
    assert {"run", "serve", "migrate", "service_key"} <= listed
    assert not listed & {"runserver", "startproject", "spectacular"}


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_the_command_prints_the_version_of_the_registry(
    argument: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert output(argument, monkeypatch=monkeypatch, capsys=capsys) == f"{core.__version__}\n"
