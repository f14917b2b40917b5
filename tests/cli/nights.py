"""Algorithms run on files of a demo night, as a user does it on the command line."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from calgui.core.simulate.scene import NIGHT

#: light-sensitive pixels of the night's detectors
ACTIVE = (slice(4, -4), slice(4, -4))


def run(name: str, *words: object, code: int = 0) -> dict[str, Any]:
    """What ``calgui run NAME ... --json`` says.

    Parameters
    ----------
    name : str
        Of the algorithm.
    *words : object
        Files and options.
    code : int
        How it is to end: 0 good or doubtful, 1 bad, others refused.

    Returns
    -------
    dict
        The report; where it was refused ``error`` alone, what was said, on one line.
    """
    made = CliRunner().invoke(cli, ["run", name, *map(str, words), "--json"])
    assert made.exit_code == code, made.stderr
    if code not in (0, 1):
        return {"error": " ".join(made.stderr.split())}
    document: dict[str, Any] = json.loads(made.stdout)
    assert document["algorithm"] == name
    return document


def exposures(night: DemoNight, kind: str, *numbers: int) -> list[Path]:
    """Raw files of a kind by their numbers."""
    return [night.raw / f"iris_{NIGHT}_{kind}_{number:04d}.fits" for number in numbers]
