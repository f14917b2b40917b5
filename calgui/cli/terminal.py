"""What the command line writes to the terminal: nothing of what others wrote can play control characters to it.

Standard output and standard error are guarded as a whole, so that messages, warnings of libraries and tracebacks are
safe without anybody's doing. What the program itself colors goes around the guard, through `screen` and `say`, which
clean the words and leave the colors.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from calgui.core.printable import printable

#: control characters that texts of several lines are made of
_LINES = "\n\t"


class Guarded:
    """A stream that replaces control characters, whoever writes to it.

    Parameters
    ----------
    stream : text file
        Where it goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = stream

    def write(self, text: str) -> int:
        """Write a text, with replacement characters for its control characters."""
        self.unguarded.write(printable(text, _LINES))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)


def guard() -> None:
    """Guard both streams from now on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Guarded):
            if isinstance(stream, io.TextIOWrapper):
                # what the terminal's encoding lacks would else stop Python in the middle of an answer
                stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, Guarded(stream))


@contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams for a while."""
    before = sys.stdout, sys.stderr
    guard()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def unguarded(err: bool = False) -> Any:
    """The stream itself, for what has been cleaned already.

    Parameters
    ----------
    err : bool
        Standard error in place of standard output.

    Returns
    -------
    text file
    """
    stream: Any = sys.stderr if err else sys.stdout
    return stream.unguarded if isinstance(stream, Guarded) else stream


def say(*parts: str | tuple[str, str]) -> None:
    """Print one line, some of its words in color.

    Parameters
    ----------
    *parts : str or (str, str)
        Words, or words and a color.
    """
    pieces = [(part, None) if isinstance(part, str) else part for part in parts]
    click.echo("".join(click.style(printable(text), color) for text, color in pieces), file=unguarded())


def screen(err: bool = False) -> Any:
    """Where tables, trees and colored text are printed: as wide as the terminal.

    Parameters
    ----------
    err : bool
        Standard error in place of standard output.

    Returns
    -------
    rich.console.Console
        It cleans what it prints, and takes ``[brackets]`` for what they are.
    """
    from rich.console import Console
    from rich.segment import Segment

    class Screen(Console):
        def render(self, renderable: Any, options: Any = None) -> Any:
            for segment in super().render(renderable, options):
                text, style, control = segment
                yield segment if control else Segment(printable(text, "\n"), style)

    def make(**more: Any) -> Console:
        return Screen(file=unguarded(err), highlight=False, emoji=False, markup=False, **more)

    console = make()
    # a pipe has no width: lines then stay whole, so that grep and diff see them so
    return console if console.is_terminal else make(width=10_000)
