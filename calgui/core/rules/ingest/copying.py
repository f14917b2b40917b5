"""Copies of files such that writing to one never changes the other.

A hard link is the same file under two names, and a symbolic link leads to the old one: whoever writes to the new cache
would change the old. So files are copied; where the file system can (Btrfs, XFS, APFS and the like), it lets both share
their blocks until one of them is written to (a reflink), which takes neither time nor space.
"""

import errno
import os
import sys
from pathlib import Path

from calgui.core.jobs import Job

_CHUNK = 8 * 2**20
#: what a file system says of what it has not: links, times, storing folders by themselves
UNABLE = frozenset({errno.EINVAL, errno.EPERM, errno.ENOSYS, errno.EBADF, errno.ENOTSUP, errno.EOPNOTSUPP})
#: ioctl of Linux that makes a reflink: _IOW(0x94, 9, int)
_FICLONE = 0x40049409


class Copier:
    """Copies files, by reflinks where the file system has them.

    Parameters
    ----------
    job : Job
        Looked at for cancel.

    Attributes
    ----------
    shared, whole : int
        How many files were made by reflinks, and how many byte by byte.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._reflinks = sys.platform.startswith("linux")
        self.shared = self.whole = 0

    def copy(self, old: Path, new: Path) -> None:
        """Make a file like another, and store it on the disk.

        Parameters
        ----------
        old : pathlib.Path
            A regular file; links are not followed.
        new : pathlib.Path
            Must not exist.

        Raises
        ------
        OSError
            When that fails: the disk is full, the file may not be read.
        """
        # neither a link that somebody put there meanwhile, nor a pipe that never ends
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with os.fdopen(os.open(old, flags), "rb") as source, new.open("xb") as target:
            status = os.fstat(source.fileno())
            if not self._clone(source.fileno(), target.fileno()):
                while True:
                    self._job.check()
                    data = source.read(_CHUNK)
                    if not data:
                        break
                    target.write(data)
                self.whole += 1
            else:
                self.shared += 1
            target.flush()
            try:
                os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))
            except OSError as error:  # a time is no reason to stop, a broken disk is
                if error.errno not in UNABLE:
                    raise
            os.fsync(target.fileno())

    def _clone(self, source: int, target: int) -> bool:
        if not self._reflinks:
            return False
        import fcntl

        try:
            fcntl.ioctl(target, _FICLONE, source)
        except OSError:
            self._reflinks = False  # another file of this file system will not do either
            return False
        return True


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, and store it on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Store the names in a folder on the disk; not every system can, and one that cannot is left alone.

    Raises
    ------
    OSError
        When that fails where it is possible: the disk is full or broken.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # such as Windows, which has no such thing
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
    finally:
        os.close(handle)
