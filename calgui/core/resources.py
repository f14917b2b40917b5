"""Where the data files of the program are, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resources() -> Path:
    """Folder of the program's own data: observatories, icons, line lists.

    Returns
    -------
    pathlib.Path
        ``calgui/resources`` in a wheel, the top-level ``resources`` in a checkout.
    """
    return _found("resources")


def docs() -> Path:
    """Folder of the documentation, which is the help of the program.

    Returns
    -------
    pathlib.Path
        ``calgui/docs`` in a wheel, the top-level ``docs`` in a checkout.
    """
    return _found("docs")


def _found(name: str) -> Path:
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
