"""Processes of Python's own that the program starts: they take no module from the folder that one happens to be in."""

import sys
from pathlib import Path

#: where this package is; behind everything else, so that it hides nothing
_ROOT = Path(__file__).resolve().parents[2]
_RUN = (
    "import runpy, sys; root, module, *sys.argv[1:] = sys.argv[1:]; "
    "root in sys.path or sys.path.append(root); "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this program.

    ``python -m`` would look for every module in the current folder first: a folder of somebody else with a file
    ``numpy.py`` in it could run anything.

    Parameters
    ----------
    module : str
        Dotted name.
    *arguments : str
        Its own.

    Returns
    -------
    list of str
    """
    return [sys.executable, "-P", "-c", _RUN, str(_ROOT), module, *arguments]
