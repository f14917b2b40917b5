"""What the kinds of the spectrograph have in common: their mode, and rules that only it asks for."""

from collections.abc import Sequence

from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    GRATING,
    SPECTROGRAPH_ONLY,
    from_second,
    reference_name,
)
from calgui.core.simulate.scene import SPECTROGRAPH, Rules
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER

MODE = {"FILTER": (BAND, "filter"), "GRATING": (DISPERSER, "grating")}


def spectrograph_rules(*types: str) -> Sequence[Rules]:
    """One rule for the spectrograph's mode, from the second context on.

    Parameters
    ----------
    *types : str
        Reference types.

    Returns
    -------
    sequence of Rules
        One for each type.
    """
    return [
        Rules(
            kind,
            (DETECTOR, FILTER, GRATING),
            from_second({(SPECTROGRAPH, BAND.upper(), DISPERSER): {FIRST: reference_name(kind, 1)}}),
            SPECTROGRAPH_ONLY,
        )
        for kind in types
    ]
