"""CRDS mappings as text, in the form that crds itself writes, with the checksum that it computes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from calgui.core.simulate.scene import Entries

DATE_PARKEYS = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")


def mapping_text(header: Mapping[str, Any], selector: str) -> str:
    """A mapping file with its checksum filled in.

    Parameters
    ----------
    header : mapping
        All keys but ``sha1sum``.
    selector : str
        Source text of the selector.

    Returns
    -------
    str
        The whole file.
    """
    body = f"header = {_dictionary({**header, 'sha1sum': ''})}\n\nselector = {selector}\n"
    # crds leaves out every line that contains the word, and takes the rest as UTF-8
    kept = "".join(line for line in body.splitlines(keepends=True) if "sha1sum" not in line)
    checksum = hashlib.sha1(kept.encode(), usedforsecurity=False).hexdigest()
    return body.replace("'sha1sum' : ''", f"'sha1sum' : '{checksum}'")


def _dictionary(values: Mapping[str, Any], indent: int = 0) -> str:
    pad = " " * 4 * indent
    lines = [
        f"{pad}    {key!r} : {_dictionary(value, indent + 1) if isinstance(value, Mapping) else repr(value)},"
        for key, value in sorted(values.items())
    ]
    return "\n".join(["{", *lines, pad + "}"])


def table_selector(rows: Mapping[str, str]) -> str:
    """Selector of a ``.pmap`` or ``.imap``.

    Parameters
    ----------
    rows : mapping
        Instrument or type to file.

    Returns
    -------
    str
    """
    return _dictionary(rows)


def match_selector(entries: Entries) -> str:
    """Selector of an ``.rmap``: Match over UseAfter.

    Parameters
    ----------
    entries : mapping
        Key to date to file.

    Returns
    -------
    str
    """
    lines = ["Match({"]
    for key, dates in sorted(entries.items()):
        # crds writes a key of one parameter without its tuple
        lines.append(f"    {(key[0] if len(key) == 1 else key)!r} : UseAfter({{")
        lines += [f"        {date!r} : {file!r}," for date, file in sorted(dates.items())]
        lines.append("    }),")
    return "\n".join([*lines, "})"])


def rmap_header(
    name: str, kind: str, parkeys: tuple[str, ...], derived_from: str, relevance: str = ""
) -> dict[str, Any]:
    """Header of an ``.rmap`` of IRIS.

    Parameters
    ----------
    name : str
        File name.
    kind : str
        Reference type.
    parkeys : tuple of str
        What is matched.
    derived_from : str
        Name of the mapping before it; empty for the first.
    relevance : str
        ``rmap_relevance``, empty for always.

    Returns
    -------
    dict
    """
    header: dict[str, Any] = {
        "classes": ("Match", "UseAfter"),
        "derived_from": derived_from,
        "filekind": kind,
        "instrument": "IRIS",
        "mapping": "REFERENCE",
        "name": name,
        "observatory": "TMT",
        "parkey": (parkeys, DATE_PARKEYS),
    }
    if relevance:
        header["rmap_relevance"] = relevance
    if "META.SUBARRAY.NAME" in parkeys:
        header["substitutions"] = {"META.SUBARRAY.NAME": {"GENERIC": "N/A"}}
    return header


def upper_header(kind: str, name: str, derived_from: str) -> dict[str, Any]:
    """Header of a ``.pmap`` or ``.imap``.

    Parameters
    ----------
    kind : str
        ``PIPELINE`` or ``INSTRUMENT``.
    name, derived_from : str
        File name, and the one before it; empty for the first.

    Returns
    -------
    dict
    """
    header: dict[str, Any] = {"derived_from": derived_from, "mapping": kind, "name": name, "observatory": "TMT"}
    if kind == "PIPELINE":
        return {**header, "description": "calgui demo night", "parkey": ("META.INSTRUMENT.NAME",)}
    return {**header, "instrument": "IRIS", "parkey": ("REFTYPE",)}
