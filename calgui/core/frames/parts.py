"""The hidden file into which a file is written, beside its place; whoever dies leaves one that the next one removes."""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_TRIES = 20
#: characters of the file's name that stand in that of its part: a name has at most 255 bytes
_MOST = 100


@contextlib.contextmanager
def own_part(path: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file beside another, held by a lock as long as it is open; gone afterwards unless it was renamed.

    Parameters
    ----------
    path : pathlib.Path
        The file that is to be.

    Yields
    ------
    tuple of (pathlib.Path, file)
        Its part, open for writing bytes.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    clear_parts(path)
    temporary, file = _new_part(path)
    try:
        with file:
            yield temporary, file
    finally:
        temporary.unlink(missing_ok=True)


def _new_part(path: Path) -> tuple[Path, IO[bytes]]:
    """A new part and its lock; who clears may take it for left behind in the moment between the two."""
    for _ in range(_TRIES):
        temporary = path.with_name(f".{path.name[:_MOST]}.{secrets.token_hex(4)}.part")
        file = temporary.open("wb")  # astropy knows no "xb"
        if _lock(file.fileno()) is not False and temporary.exists():
            return temporary, file
        file.close()
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))


def clear_parts(path: Path) -> list[Path]:
    """Remove what those who were killed while they wrote a file have left of it.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    list of pathlib.Path
        What was removed. Parts that a living process holds are left alone, and where locks cannot tell, all are.
    """
    name = re.compile(re.escape(f".{path.name[:_MOST]}.") + r"[0-9a-f]{8}\.part")
    gone = []
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if name.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                left = path.with_name(entry.name)
                with contextlib.suppress(OSError):
                    if _remove_nobodys(left):
                        gone.append(left)
    return gone


def _remove_nobodys(left: Path) -> bool:
    """Remove a part that nobody holds; whether it was one."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(left, flags)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or _lock(handle) is not True:
            return False
        left.unlink()  # still locked: who made it a moment ago waits for the lock, and then sees that it is gone
        return True
    finally:
        os.close(handle)


def _lock(handle: int) -> bool | None:
    """Lock a file until it is closed, or its process ends however it does; None where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
