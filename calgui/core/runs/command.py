"""The command line that does the same as the window."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calgui.core.algorithms.registry import algorithm


def command_line(
    name: str,
    inputs: Sequence[Path],
    options: Mapping[str, Any],
    references: Mapping[str, Path],
    cache: Path | None,
    context: str | None,
    out: Path | None = None,
    keywords: Mapping[str, str] | None = None,
) -> str:
    """A ``calgui run`` command for a shell.

    Parameters
    ----------
    name : str
        Of the algorithm.
    inputs : sequence of pathlib.Path
        FITS files.
    options : mapping
        Option to value; those at their default are left out.
    references : mapping of str to pathlib.Path
        Chosen by hand, by type.
    cache : pathlib.Path or None
        Folder of the cache.
    context : str or None
        Its context.
    out : pathlib.Path or None
        Where the product goes.
    keywords : mapping of str to str, optional
        For its header.

    Returns
    -------
    str
        Quoted where that is needed.
    """
    defaults = {info.name: info.default for info in algorithm(name).options}
    words = ["calgui", "run", name]
    for option, value in options.items():
        if value != defaults.get(option):
            words += ["-p", f"{option}={_text(value)}"]
    for kind, path in references.items():
        words += ["--reference", f"{kind}={path}"]
    if cache is not None:
        words += ["--cache", str(cache)]
        if context is not None:
            words += ["--context", context]
    if out is not None:
        words += ["-o", str(out)]
    for keyword, value in (keywords or {}).items():
        words += ["-k", f"{keyword}={value}"]
    # a name that begins with a minus sign would be taken for an option
    words += ["--", *map(str, inputs)] if any(str(path).startswith("-") for path in inputs) else map(str, inputs)
    return shlex.join(words)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(getattr(value, "value", value))
