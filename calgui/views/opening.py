"""What the user gave to open: caches, folders and files, told apart by looking at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from calgui.core.errors import InputError


@dataclass(frozen=True)
class Given:
    """Paths by what they are.

    Attributes
    ----------
    caches : tuple of pathlib.Path
        Folders of CRDS caches, and single contexts.
    files : tuple of pathlib.Path
        Observations, and folders of them.
    """

    caches: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()


def is_cache(path: Path) -> bool:
    """Whether a path is a CRDS cache, its ``mappings`` folder or one of its contexts.

    Parameters
    ----------
    path : pathlib.Path
        A folder or file.

    Returns
    -------
    bool
    """
    if path.suffix == ".pmap":
        return True
    if not path.is_dir():
        return False
    return path.name == "mappings" or (path / "mappings").is_dir() or any(path.glob("*.pmap"))


def classify(paths: Iterable[Path | str]) -> Given:
    """Tell caches from observations.

    Parameters
    ----------
    paths : iterable of path-like
        As the user gave them.

    Returns
    -------
    Given
        Absolute paths, each once, in the order given.

    Raises
    ------
    InputError
        A path does not exist.
    """
    caches: dict[Path, None] = {}
    files: dict[Path, None] = {}
    for given in paths:
        path = Path(given).expanduser().absolute()
        if not path.exists():
            raise InputError("There is no such file or folder.", path=path, cure="Look for a slip in its name.")
        (caches if is_cache(path) else files)[path] = None
    return Given(tuple(caches), tuple(files))
