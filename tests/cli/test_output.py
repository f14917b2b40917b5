"""What every command prints: JSON that any reader takes, and one line for what cannot be read."""

import io
import json
import os
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from calgui.cli import main
from calgui.cli.output import print_json


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("name", ["plain", "Ïris ☉", "n\udcff.fits"])
def test_json_is_json_whatever_a_file_is_called(monkeypatch, encoding, name):
    bytes_out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_out, encoding=encoding, errors="surrogateescape"))
    print_json({"file": name, "nan": float("nan")})
    sys.stdout.flush()
    assert json.loads(bytes_out.getvalue().decode(encoding)) == {"file": name, "nan": None}


def test_what_may_not_be_read_is_an_input_and_no_verdict(monkeypatch):
    @click.command()
    def look():
        raise PermissionError(13, "Permission denied", "/closed/file.fits")

    monkeypatch.setattr(main._Commands, "get_command", lambda *_: look)
    told = CliRunner().invoke(main.cli, ["demo"])
    assert told.exit_code == 3
    assert told.stdout == ""
    assert "/closed/file.fits: Permission denied" in told.stderr


@pytest.mark.parametrize("command", [["cache", "check"], ["cache", "tree"]])
def test_a_terminal_that_knows_ascii_only_is_answered_whole(demo_night, tmp_path, command):
    cache = tmp_path / "Ïris ☉"
    shutil.copytree(demo_night.cache / "mappings", cache / "mappings")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    call = [sys.executable, "-m", "calgui", *command, str(cache)]
    told = subprocess.run(call, capture_output=True, env=environment, check=False, timeout=300)
    assert told.returncode == 0, told.stderr
    assert told.stdout.isascii()
    assert rb"\xcfris \u2609" in told.stdout
