"""What the commands about rules have in common: their options, the cache and headers that they ask, how they print."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.output import PATH
from calgui.core.errors import CalguiError, InputError, UsageError

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.values import Selection

CACHE = click.option("--cache", "folder", metavar="DIR", required=True, type=PATH)
CONTEXT = click.option("--context", metavar="PMAP", help="Context; by default the cache's operational one.")
SET = click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="A FITS keyword or parkey; wins over the file."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def open_cache(folder: Path, context: str | None) -> "tuple[Cache, str]":
    """The cache, and the context that was named or is its own."""
    from calgui.core.rules.cache import Cache

    opened = Cache.open(folder)
    chosen = context or opened.default_context
    if chosen is None:
        raise InputError("The cache has no context: no .pmap is in it.", path=folder, cure="Name another cache.")
    opened.check_context(chosen)
    return opened, chosen


def read_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` texts as a table."""
    found = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set {text!r} is not of the form KEY=VALUE.", cure="Write --set FILTER=K.")
        found[key.strip()] = value
    return found


def header_of(opened: "Cache", file: Path | None, settings: dict[str, str]) -> dict[str, Any]:
    """What a file says, with what the user sets."""
    from calgui.core.rules.selection.header import with_settings

    header: dict[str, Any] = {}
    if file is not None:
        from calgui.core.frames.headers import rule_header

        header = rule_header(file)
    return with_settings(header, settings, opened.observatory)


def headers_of(
    opened: "Cache", files: tuple[Path, ...], settings: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[str | None], list[tuple[str, str]]]:
    """Headers and names of the files that can be read, and names and reasons of the others."""
    given = read_settings(settings)
    headers: list[dict[str, Any]] = []
    names: list[str | None] = []
    unread: list[tuple[str, str]] = []
    for file in files or (None,):
        try:
            headers.append(header_of(opened, file, given))
            names.append(None if file is None else str(file))
        except CalguiError as error:
            unread.append((str(file), str(error)))
    return headers, names, unread


def reference_json(one: "Selection") -> dict[str, Any]:
    """One selection, as the contract of the command line has it."""
    return {
        "type": one.type,
        "status": one.status.value,
        "file": one.file,
        "path": None if one.path is None else str(one.path),
        "trust": None if one.trust is None else one.trust.value,
        "mapping": one.mapping,
        "message": one.message,
    }


def observations(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Files, and the FITS files in the folders among them and below."""
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            found += sorted(path for path in file.rglob("*") if _is_fits(path))
        else:
            found.append(file)
    return tuple(dict.fromkeys(found))


def _is_fits(path: Path) -> bool:
    return path.name.lower().endswith((".fits", ".fits.gz", ".fit")) and path.is_file()


def tell_unread(ctx: click.Context, unread: list[tuple[str, str]]) -> None:
    """Name the files that could not be read, and leave with the exit code for inputs."""
    for _, message in unread:
        click.echo(f"calgui: {message}", err=True)
    if unread:
        ctx.exit(InputError.exit_code)
