"""The folder in which a new cache is built, beside its place: whoever dies leaves one that the next one clears away."""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"\.calgui-ingest-[0-9a-f]{16}\Z")


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder in another, held by a lock as long as this process lives; gone afterwards unless it was renamed.

    Parameters
    ----------
    parent : pathlib.Path
        Where the result is to be: a rename then makes it appear at once.

    Yields
    ------
    pathlib.Path

    Raises
    ------
    OSError
        When it cannot be made.
    """
    clear_leftovers(parent)
    folder = parent / f".calgui-ingest-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    handle = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def clear_leftovers(parent: Path) -> list[Path]:
    """Remove what ingests that were killed left in a folder.

    Parameters
    ----------
    parent : pathlib.Path

    Returns
    -------
    list of pathlib.Path
        What was removed. Folders that a living process holds are left alone, and where locks cannot tell, all are.
    """
    gone = []
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(parent)):
            if not _NAME.match(entry.name) or not entry.is_dir(follow_symlinks=False):
                continue
            folder = Path(entry.path)
            handle = _lock(folder)
            if handle is None:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)
            gone.append(folder)
    return gone


def _lock(folder: Path) -> int | None:
    """A lock on a folder, let go of when this process ends however it ends; None where somebody else has it."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
