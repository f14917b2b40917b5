"""``calgui pixel``: what is known of one pixel, in its file, in the references, along its ramp or spectrum."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import CONTEXT, JSON, observations, open_cache
from calgui.cli.output import PATH, print_json
from calgui.cli.progress import running
from calgui.cli.terminal import screen
from calgui.core.errors import CalguiError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.runs.pixelfacts import Behind, PixelFact


@click.command()
@click.option("--cache", "folder", metavar="DIR", type=PATH, help="Whose rules select the references.")
@CONTEXT
@click.option("--plane", metavar="N", type=click.IntRange(0), help="Of a cube or ramp: which plane, from 0.")
@JSON
@click.argument("file", metavar="FILE", type=PATH)
@click.argument("x", metavar="X", type=click.IntRange(0))
@click.argument("y", metavar="Y", type=click.IntRange(0))
@click.argument("others", metavar="OTHER...", nargs=-1, type=PATH)
def pixel(
    folder: Path | None,
    context: str | None,
    plane: int | None,
    as_json: bool,
    file: Path,
    x: int,
    y: int,
    others: tuple[Path, ...],
) -> None:
    """Say what FILE has at column X and row Y, counted from 0, and what the selected references have there.

    Of a ramp the reads are told, of a cube the spectrum; of an image the reads of the ramp of the same exposure, where
    that is among OTHER files or folders.
    """
    from calgui.core.runs.pixelfacts import behind, pixel_facts

    cache = None
    if folder is not None:
        cache, context = open_cache(folder, context)
    planes = () if plane is None else (plane,)
    with running(f"Looking at a pixel of {file.name}") as job:
        facts = pixel_facts(file, planes, x, y, cache, context, job)
        found = behind(file, x, y, _headers((file, *observations(others))), job)
    if as_json:
        document = {"file": str(file), "x": x, "y": y, "plane": plane, "context": context if cache else None}
        print_json(document | {"at": [_fact_json(fact) for fact in facts], "behind": _behind_json(found)})
    else:
        _print(facts, found)


def _headers(paths: tuple[Path, ...]) -> list[tuple[Path, Any]]:
    """Those that can be read: one of them may be the ramp."""
    from calgui.core.frames.headers import rule_header

    known = []
    for path in dict.fromkeys(paths):
        try:
            known.append((path, rule_header(path)))
        except CalguiError:
            continue
    return known


def _fact_json(fact: "PixelFact") -> dict[str, Any]:
    return {
        "what": fact.what,
        "file": None if fact.path is None else str(fact.path),
        "x": None if fact.place is None else fact.place[0],
        "y": None if fact.place is None else fact.place[1],
        "values": list(fact.values),
        "error": fact.error,
        "unit": fact.unit or None,
        "flags": list(fact.flags),
        "problem": fact.problem or None,
    }


def _behind_json(found: "Behind | None") -> dict[str, Any] | None:
    if found is None:
        return None
    told: dict[str, Any] = {"file": str(found.path), "reads": None, "spectrum": None}
    if found.samples is not None:
        samples = found.samples
        place = "seconds" if samples.timed else "read"
        told["reads"] = {"unit": samples.unit or None, place: samples.place.tolist(), "values": samples.value.tolist()}
    if found.spectrum is not None:
        spectrum = found.spectrum
        wave = None if spectrum.wavelength is None else spectrum.wavelength.tolist()
        told["spectrum"] = {"unit": spectrum.unit or None, "nm": wave, "values": spectrum.flux.tolist()}
    return told


def _print(facts: "tuple[PixelFact, ...]", found: "Behind | None") -> None:
    from rich.table import Table
    from rich.text import Text

    from calgui.core.frames.units import shown_unit

    shown = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("what", "value", "flags", "file"):
        shown.add_column(title, overflow="fold")
    for fact in facts:
        values = "  ".join(f"{value:.6g}" for value in fact.values)
        error = f" ± {fact.error:.3g}" if fact.error is not None else ""
        value = fact.problem or f"{values}{error} {shown_unit(fact.unit)}".rstrip()
        if not fact.problem and fact.values == (fact.dq,):
            value = str(fact.dq)
        name = "" if fact.path is None else fact.path.name
        shown.add_row(*(Text(printable(text)) for text in (fact.what, value, ", ".join(fact.flags), name)))
    console = screen()
    console.print(shown)
    if found is not None and found.samples is not None:
        for reads in found.samples.value:
            told = "  ".join(f"{value:.6g}" for value in reads)
            console.print(Text(printable(f"reads in {found.path.name}: {told} {found.samples.unit}".rstrip())))
    elif found is not None and found.spectrum is not None:
        count = found.spectrum.flux.size
        console.print(Text(printable(f"spectrum in {found.path.name}: {count:,} planes; --json tells them all")))
