"""The command itself: help, usage errors and the refusal to run without asserts."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from calgui.cli.main import _COMMANDS, cli
from calgui.core.errors import AlgorithmError, InputError


def test_help_lists_every_command() -> None:
    told = CliRunner().invoke(cli, ["--help"])
    assert told.exit_code == 0
    for name in ("bestrefs", "explain", "cache", "run", "algorithms", "demo", "shot"):
        assert name in told.output


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_command_exists_and_explains_itself(name: str) -> None:
    told = CliRunner().invoke(cli, [name, "--help"])
    assert told.exit_code == 0, told.output
    assert len(told.output.splitlines()) > 3


def test_an_unknown_option_is_wrong_usage() -> None:
    assert CliRunner().invoke(cli, ["bestrefs", "--no-such-option"]).exit_code == 2


@pytest.mark.parametrize(
    ("error", "code"), [(InputError("No.", path="x.fits", cure="Do."), 3), (AlgorithmError("No."), 4)]
)
def test_errors_become_one_line_and_an_exit_code(error: Exception, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr("calgui.core.algorithms.registry.registry", fail)
    monkeypatch.setattr("calgui.cli.algorithms.registry", fail, raising=False)
    told = CliRunner().invoke(cli, ["algorithms"])
    assert told.exit_code == code
    assert f"calgui: {error}" in told.output


@pytest.mark.parametrize("how", [["-O"], ["-OO"]])
def test_refuses_to_run_optimised(how: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, *how, "-m", "calgui", "--version"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "python -O" in told.stderr


def test_the_command_line_starts_without_qt_numba_or_crds() -> None:
    code = (
        "import sys; from calgui.cli import cli;"
        "print([m for m in ('PySide6','numba','crds','astropy','numpy') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_ctrl_c_while_the_program_is_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from calgui.__main__ import main

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("calgui.cli.main.cli", interrupted)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 130
