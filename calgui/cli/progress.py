"""A bar on the terminal while something long runs, and ctrl-C that stops it at its next step."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from calgui.cli.terminal import guard, screen
from calgui.core.errors import Cancelled
from calgui.core.jobs import Job, Progress


@contextmanager
def running(title: str) -> Iterator[Job]:
    """A job with a progress bar on standard error, where that is a terminal; ctrl-C cancels it at its next step.

    Parameters
    ----------
    title : str
        What is done.

    Yields
    ------
    Job
        Where it is cancelled, the program ends with the exit code for that.
    """
    job = Job(title)
    if threading.current_thread() is not threading.main_thread():
        yield job
        return
    before = signal.signal(signal.SIGINT, lambda *_: job.cancel())
    try:
        if sys.stderr.isatty():
            with _bar(job):
                yield job
        else:
            yield job
    except Cancelled as error:
        click.echo(f"calgui: {error}", err=True)
        sys.exit(error.exit_code)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(job: Job) -> Iterator[None]:
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<28}", markup=False), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=screen(err=True), transient=True) as bar:
        guard()  # the bar has put a stream of its own in the place of each
        line = bar.add_task(job.title, total=1.0)

        def show(progress: Progress) -> None:
            bar.update(line, completed=progress.fraction, description=progress.text or job.title)

        job.observer = show
        yield
