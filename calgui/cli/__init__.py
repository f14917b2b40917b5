"""The command line: every action of the window has a twin here."""

from calgui.cli.main import cli

__all__ = ["cli"]
