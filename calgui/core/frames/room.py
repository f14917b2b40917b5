"""Whether there is room for what a header promises: in memory, and in the file."""

import os
from pathlib import Path

from calgui.core.errors import InputError
from calgui.core.frames.headers import HduHeader, bytes_text
from calgui.core.frames.source import PlainSource, Source


def check_memory(needed: int, path: Path) -> None:
    """Refuse what does not fit into the free memory, before it is taken.

    Parameters
    ----------
    needed : int
        Bytes.
    path : pathlib.Path
        The file, for the message.

    Raises
    ------
    InputError
        Saying how much is needed and how much is free.
    """
    free = free_memory()
    if needed > free:
        raise InputError(
            f"Reading it takes {needed / 1e9:,.1f} GB of memory, {free / 1e9:,.1f} GB are free.",
            path=path,
            cure="Read one plane, close other programs, or check whether the header is right.",
        )


def free_memory() -> int:
    """Bytes of memory that can be taken without others being moved out.

    Returns
    -------
    int
    """
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_whole(source: Source, hdu: HduHeader) -> None:
    """Compare what the header promises with what the file can hold.

    Parameters
    ----------
    source : Source
        The file.
    hdu : HduHeader
        One of its HDUs.

    Raises
    ------
    InputError
        Pixels are missing at the end.
    """
    if hdu.offset + hdu.size > source.limit:
        there = max((source.size or 0) - hdu.offset, 0)
        promise = f"HDU {hdu.index} {hdu.name} promises {bytes_text(hdu.size)}"
        raise InputError(
            f"The file is cut short: {promise}, {there:,} are there."
            if isinstance(source, PlainSource)
            else f"{promise}, more than this compressed file can hold.",
            path=source.path,
            cure="Copy or download it again.",
        )
