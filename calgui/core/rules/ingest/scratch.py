"""The folder in which a new cache is built, beside its place: whoever dies leaves one that the next one clears away."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

_TRIES = 20
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
    folder, handle = _own_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _own_folder(parent: Path) -> tuple[Path, int | None]:
    """A new folder and its lock; another ingest may take it for a leftover in the moment between the two."""
    for _ in range(_TRIES):
        folder = parent / f".calgui-ingest-{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        try:
            handle = _lock(folder)
        except (BlockingIOError, FileNotFoundError):
            continue
        if folder.exists():
            return folder, handle
        if handle is not None:
            os.close(handle)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(parent))


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
            try:
                handle = _lock(folder)
            except OSError:
                continue
            if handle is None:
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)
            gone.append(folder)
    return gone


def _lock(folder: Path) -> int | None:
    """A lock on a folder, let go of when this process ends however it ends; None where there are no locks.

    `BlockingIOError` where somebody else has it, `FileNotFoundError` where the folder is gone.
    """
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(folder, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        os.close(handle)
        return None
    return handle
