"""What the kinds of the spectrograph have in common: their mode, and rules that only it asks for."""

from collections.abc import Mapping, Sequence

from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    GRATING,
    SPECTROGRAPH_ONLY,
    from_second,
    reference_name,
)
from calgui.core.simulate.scene import SPECTROGRAPH, Entries, Rules
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER

MODE = {"FILTER": (BAND, "filter"), "GRATING": (DISPERSER, "grating")}


def spectrograph_rules(*types: str, more: Mapping[str, Mapping[tuple[str, str], int]] | None = None) -> Sequence[Rules]:
    """One rule for the spectrograph's mode, from the second context on.

    Parameters
    ----------
    *types : str
        Reference types.
    more : mapping, optional
        Of a type, filter and grating of further modes to the number of their reference.

    Returns
    -------
    sequence of Rules
        One for each type.
    """
    made = []
    for kind in types:
        modes = {(BAND, DISPERSER): 1, **(more or {}).get(kind, {})}
        entries: Entries = {
            (SPECTROGRAPH, band.upper(), grating): {FIRST: reference_name(kind, number)}
            for (band, grating), number in modes.items()
        }
        made.append(Rules(kind, (DETECTOR, FILTER, GRATING), from_second(entries), SPECTROGRAPH_ONLY))
    return made
