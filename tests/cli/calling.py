"""The command line called as a user calls it, and what it may not touch."""

import hashlib
from pathlib import Path

from click.testing import CliRunner, Result

from calgui.cli.main import cli


def call(*words: object) -> Result:
    """What ``calgui`` answers to some words."""
    return CliRunner().invoke(cli, [str(word) for word in words])


def state(folder: Path) -> dict[str, str]:
    """Checksum of each file below a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() for path in files}
