"""``calgui demo``: make the demo night, say where it is, open it."""

import sys
from pathlib import Path

import click

from calgui.cli.output import PATH
from calgui.cli.terminal import unguarded
from calgui.core.jobs import Job, Progress
from calgui.core.printable import printable
from calgui.core.simulate.night import DEFAULT_SEED, DEFAULT_SIZE, make_demo


@click.command()
@click.argument("folder", metavar="[DIR]", default="calgui-demo", type=PATH)
@click.option("--size", default=DEFAULT_SIZE, show_default=True, help="Pixels on a side of each detector.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="The same seed and size give the same files.")
@click.option("--no-window", is_flag=True, help="Make the files and open nothing.")
def demo(folder: Path, size: int, seed: int, no_window: bool) -> None:
    """Make the demo night of IRIS and its CRDS cache in DIR, and open it.

    DIR is ./calgui-demo when not given. It holds raw/ (the exposures), cache/ (a CRDS cache with references for
    every calibration) and truth.json (what was put in). A folder that holds the same night already is used as it
    is; one that holds anything else is never touched.
    """
    job = Job("Demo night", _progress if sys.stderr.isatty() else None)
    night = make_demo(folder, size, seed, job)
    click.echo(f"exposures  {night.raw}\ncache      {night.cache}\ntruth      {night.truth}")
    if not no_window:
        from calgui.views.app import run

        sys.exit(run(paths=[night.raw], caches=[night.cache]))


def _progress(progress: Progress) -> None:
    end = "\n" if progress.fraction >= 1 else ""
    line = f"{100 * progress.fraction:3.0f} %  {printable(progress.text)}"
    click.echo(f"\r\x1b[K{line}{end}", nl=False, file=unguarded(err=True))
