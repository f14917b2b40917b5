"""Names of new mappings: those before, counted up, and free."""

import re
from collections.abc import Collection

from calgui.core.rules.files.mapping_file import safe_name

_NUMBERED = re.compile(r"(?P<stem>[A-Za-z0-9][A-Za-z0-9._-]*?)_?(?P<number>\d{4,18})(?P<kind>\.[pir]map)\Z")


def next_name(before: str, usual: str, kind: str, taken: Collection[str]) -> str:
    """The name of the mapping that follows another.

    Parameters
    ----------
    before : str
        Name of the one before; empty where there is none.
    usual : str
        What a name begins with by CRDS's custom, for one before that has no number: ``tmt_iris_flat``.
    kind : str
        ``.pmap``, ``.imap`` or ``.rmap``.
    taken : collection of str
        Names of all mappings.

    Returns
    -------
    str
        With a number greater than that of any with the same beginning.
    """
    found = _NUMBERED.match(before) if safe_name(before) else None
    stem, width = (found["stem"], len(found["number"])) if found else (usual, 4)
    pattern = re.compile(rf"{re.escape(stem)}_?(\d{{1,18}}){re.escape(kind)}\Z", re.IGNORECASE)
    numbers = [int(match.group(1)) for match in map(pattern.match, taken) if match]
    return f"{stem}_{max(numbers, default=0) + 1:0{width}d}{kind}"
