"""The command ``calgui`` itself: finds the subcommand, and turns errors into messages and exit codes.

Subcommands are imported when they are called, so that ``calgui explain`` pays for no window and the window for no
algorithm.
"""

import importlib
import sys
from typing import Any

import click

from calgui import __version__
from calgui.cli.terminal import guarded
from calgui.core.errors import CalguiError, InputError
from calgui.core.printable import printable

#: subcommand -> module and name of the click command that does it
_COMMANDS: dict[str, tuple[str, str]] = {
    "open": ("calgui.cli.window", "open_window"),
    "shot": ("calgui.cli.window", "shot"),
    "demo": ("calgui.cli.demo", "demo"),
    "cache": ("calgui.cli.caches", "cache"),
    "bestrefs": ("calgui.cli.rules", "bestrefs"),
    "explain": ("calgui.cli.rules", "explain"),
    "whatif": ("calgui.cli.cases", "whatif"),
    "timeline": ("calgui.cli.questions", "timeline"),
    "matrix": ("calgui.cli.comparing", "matrix"),
    "matches": ("calgui.cli.questions", "matches"),
    "uses": ("calgui.cli.questions", "uses"),
    "compare": ("calgui.cli.comparing", "compare"),
    "prefetch": ("calgui.cli.cases", "prefetch"),
    "validate": ("calgui.cli.validate", "validate"),
    "ingest": ("calgui.cli.ingest", "ingest"),
    "context": ("calgui.cli.ingest", "context_command"),
    "crds": ("calgui.cli.stock", "crds"),
    "algorithms": ("calgui.cli.algorithms", "algorithms"),
    "run": ("calgui.cli.algorithms", "run"),
    "headers": ("calgui.cli.headers", "headers"),
    "search-headers": ("calgui.cli.headers", "search_headers"),
    "pixel": ("calgui.cli.pixels", "pixel"),
}


class _Commands(click.Group):
    """A group that imports its commands late, and takes anything else as paths to open."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in _COMMANDS if name != "open"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0].partition("=")[0] if args else "--"
        if first in ("--", "--session") or (first not in _COMMANDS and not first.startswith("-")):
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **more: Any) -> Any:
        with guarded():
            return super().main(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CalguiError as error:
            click.echo(f"calgui: {error!s}", err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("calgui: cancelled", err=True)
            sys.exit(130)
        except MemoryError:
            click.echo("calgui: There is not enough memory for this. Give it fewer or smaller files.", err=True)
            sys.exit(InputError.exit_code)
        except BrokenPipeError:
            sys.exit(0)
        except OSError as error:
            if error.filename is None:
                raise
            click.echo(
                f"calgui: {printable(str(error.filename))}: {error.strerror}. Look at its permissions and its disk.",
                err=True,
            )
            sys.exit(InputError.exit_code)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="calgui")
def cli() -> None:
    """Calibration data of TMT/IRIS: which reference do the CRDS rules select, why, and is it good?

    Without a command, or with files, folders or CRDS caches, opens the window; --session FILE takes up a session
    that was saved from it.
    """
