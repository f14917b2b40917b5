"""`numba.njit` for the loops of this folder, with a cache on disk that notices when any of its files has changed.

numba looks only at the file of a compiled function. One that calls a function of another file has that compiled in, and
would be taken from the cache after the other has changed.
"""

import functools
import hashlib
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache

__all__ = ["njit", "stamp_with_all_sources"]

#: nobody calls these loops from C, and what would let them is compiled with each
njit = functools.partial(numba.njit, no_cfunc_wrapper=True)


def stamp_with_all_sources(folder: Path) -> None:
    """Let cached functions of a folder be compiled anew when any of its files has changed.

    Parameters
    ----------
    folder : pathlib.Path
        Of Python files; to be told of before their functions are decorated. Where the cache is stays as it was: beside
        the files, or that of the user where they cannot be written to, or where ``NUMBA_CACHE_DIR`` says.
    """
    here = folder.resolve()
    digest = hashlib.sha256()
    for path in sorted(here.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    stamp = digest.hexdigest()
    cache: Any = FunctionCache._impl_class
    cache._locator_classes = [
        *(_stamped(kind, here, stamp) for kind in cache._locator_classes),
        *cache._locator_classes,
    ]


def _stamped(kind: Any, folder: Path, stamp: str) -> Any:
    """A place of a cache for the functions of one folder alone."""

    class Stamped(kind):  # type: ignore[misc]
        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> Any:
            return super().from_function(py_func, py_file) if Path(py_file).resolve().parent == folder else None

        def get_source_stamp(self) -> Any:
            return super().get_source_stamp(), stamp

    return Stamped


stamp_with_all_sources(Path(__file__).parent)
