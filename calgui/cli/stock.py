"""``calgui crds``: crds's own command-line tools, with the observatory of a cache taught, and otherwise as they are."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calgui.cli.output import PATH
from calgui.cli.terminal import guard
from calgui.core.children import python
from calgui.core.errors import CalguiError, InputError, UsageError

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: tool -> module, where it is not ``crds.<tool>``; as crds's own wrapper has them
_ELSEWHERE = {
    "query_affected": "crds.misc.query_affected",
    "sql": "crds.misc.sql",
    "check_archive": "crds.misc.check_archive",
    "datalvl": "crds.misc.datalvl",
    "uniqname": "crds.misc.uniqname",
    "get_synphot": "crds.misc.get_synphot",
    "refactor": "crds.refactoring.refactor",
    "refactor2": "crds.refactoring.refactor2",
    "newcontext": "crds.refactoring.newcontext",
    "checksum": "crds.refactoring.checksum",
    "submit": "crds.submit",
    "rc_submit": "crds.submit.rc_submit",
}
_DIRECT = ("bestrefs", "certify", "diff", "list", "matches", "rowdiff", "sync", "uses")
TOOLS = tuple(sorted([*_DIRECT, *_ELSEWHERE]))
#: what a tool sees unless the user's environment says otherwise: nothing goes to the network, nothing into the cache
_OFFLINE = {
    "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
    "CRDS_MODE": "local",
    "CRDS_READONLY_CACHE": "1",
}


@click.command(
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
    epilog=f"Tools: {', '.join(TOOLS)}. For the help of one: calgui crds TOOL --help.",
)
@click.option("--cache", "folder", metavar="DIR", type=PATH, help="The cache; by default CRDS_PATH of the environment.")
@click.argument("tool", metavar="TOOL")
@click.argument("arguments", metavar="[ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
def crds(folder: Path | None, tool: str, arguments: tuple[str, ...]) -> None:
    """Run one of crds's own command-line tools, which then knows the observatory of the cache.

    Arguments, output and exit code are those of the tool. CRDS_PATH and the like are used as the environment gives
    them; where it says nothing no server is asked, and the cache is not written to.
    """
    if tool not in TOOLS:
        raise UsageError(f"crds has no tool {tool!r}.", cure=f"It has: {', '.join(TOOLS)}.")
    environment = dict(os.environ)
    if folder is not None:
        from calgui.core.rules.cache import Cache

        environment |= _for_cache(Cache.open(folder))
    for name, value in _OFFLINE.items():
        environment.setdefault(name, value)
    # a cache may bring pickles, which can be programs; they only save time
    environment["CRDS_USE_PICKLED_CONTEXTS"] = "0"
    command = python("calgui.cli.stock", tool, *arguments)
    sys.stdout.flush()
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            code = process.wait()
            break
        except KeyboardInterrupt:
            continue  # the tool was interrupted too, and ends as it will
    sys.exit(code if code >= 0 else 128 - code)


def _for_cache(opened: "Cache") -> dict[str, str]:
    if not opened.layout.folder:
        raise InputError(
            "crds's tools want a cache with folders mappings/<observatory> and references/<observatory>.",
            path=opened.path,
            cure="Put its mappings into such a folder.",
        )
    return {"CRDS_PATH": str(opened.path), "CRDS_OBSERVATORY": opened.observatory.name}


def main() -> None:
    """The process of one tool: the observatory is taught, then the tool runs as ``python -m`` would run it."""
    guard()
    tool, *arguments = sys.argv[1:]
    path = os.environ.get("CRDS_PATH", "")
    try:
        if path and Path(path).is_dir():
            _teach(Path(path))
    except CalguiError as error:
        # the tool still runs: it may need no cache, and says itself what it lacks
        click.echo(f"calgui: {error}", err=True)
    module = _ELSEWHERE.get(tool, f"crds.{tool}")
    sys.argv = [tool, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _teach(folder: Path) -> None:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.tools import teach_tools

    wanted = os.environ.get("CRDS_OBSERVATORY", "").lower()
    below = folder / "mappings" / wanted
    teach_tools(Cache.open(below if wanted and below.is_dir() else folder))


if __name__ == "__main__":
    main()
