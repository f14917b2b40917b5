"""``calgui``, the window itself, and ``calgui shot``, which draws one of its views without a screen."""

import os
import sys
from difflib import get_close_matches
from pathlib import Path

import click

from calgui.cli.output import PATH, pairs
from calgui.core.errors import InputError, UsageError
from calgui.core.sessions import read_session

_SIZE = (1600, 1000)


@click.command("open")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PATH)
@click.option("--session", "file", type=PATH, help="Take up a session that was saved from the window (*.calgui).")
def open_window(paths: tuple[Path, ...], file: Path | None) -> None:
    """Open the window, with files, folders, CRDS caches or a session."""
    _check(paths)
    saved = read_session(file) if file is not None else None
    from calgui.views.app import run

    sys.exit(run(paths, saved=saved))


@click.command()
@click.argument("out", metavar="OUT.png", type=PATH)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PATH)
@click.option("--view", default="observe", show_default=True, help="observe, rules, bench, or a part: why, headers ...")
@click.option("--cache", "caches", multiple=True, type=PATH, help="Folder of a CRDS cache.")
@click.option("--context", metavar="PMAP", help="Context of the cache; its operational one if not given.")
@click.option("--type", "kind", metavar="TYPE", help="Type of reference whose selection is explained.")
@click.option("--theme", "look", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--algorithm", default="master-dark", show_default=True, metavar="NAME", help="Page of --view bench.")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="OPTION=VALUE", help="Option of that page.")
@click.option("--tab", default="", metavar="TITLE", help="Tab of that page, of --view ingest or validate.")
@click.option("--size", default="x".join(map(str, _SIZE)), show_default=True, metavar="WxH", help="Of the window.")
def shot(
    out: Path,
    paths: tuple[Path, ...],
    view: str,
    caches: tuple[Path, ...],
    context: str | None,
    kind: str | None,
    look: str,
    algorithm: str,
    parameters: tuple[str, ...],
    tab: str,
    size: str,
) -> None:
    """Draw a view into OUT.png without a screen, as the window would show it.

    PATH are observations, folders of them, or caches; the first observation is selected, and all of them are the
    inputs at the bench. For --view ingest files are new references, for --view validate new frames, and folders hold
    observations.
    """
    _check((*paths, *caches))
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from calgui.views.shots import Bench, draw

    bench = Bench(algorithm, pairs(parameters, "-p", "OPTION=VALUE"), tab)
    draw(out, view, paths, caches, context, dark=look == "dark", size=_size(size), bench=bench, kind=kind)


def _check(paths: tuple[Path, ...]) -> None:
    """Say what is missing before a window opens: a slip in the command is told where it was typed."""
    for path in paths:
        if not path.exists():
            cure = _command_meant(str(path)) or "Look for a slip in its name."
            raise InputError("There is no such file or folder.", path=path, cure=cure)


def _command_meant(word: str) -> str:
    """The command that somebody may have wanted who wrote a word that is neither a command nor a file."""
    from calgui.core.catalogue import place_of_algorithm

    if place_of_algorithm(word) is not None:
        return f"The algorithm of this name runs with: calgui run {word}"
    context = click.get_current_context(silent=True)
    root = context.find_root().command if context is not None else None
    names = root.list_commands(context) if isinstance(root, click.Group) and context is not None else []
    near = get_close_matches(word, names, 1, 0.75)
    return f"Did you mean: calgui {near[0]}?" if near else ""


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UsageError(f"--size {text} is no size.", cure="Give width and height in pixels: 1600x1000.")
    if not (320 <= int(width) <= 16384 and 240 <= int(height) <= 16384):
        raise UsageError(f"--size {text} is too small or too large.", cure="Give 320x240 to 16384x16384.")
    return int(width), int(height)
