"""What the rules of the demo's cache must select, worked out by hand from what each exposure is.

Nothing here reads a mapping: it is the answer that a person would give, to which selections are held.
"""

from collections.abc import Mapping
from typing import Any

from calgui.core.simulate.scene import CONTEXTS, IMAGER, SPECTROGRAPH

#: crds's word for "this type does not apply"
NOT_APPLICABLE = "N/A"
_LIT = ("ADC", "DISTORTION", "FIBER", "FLAT", "FLUXSTAR", "PINHOLE", "PSFSTAR", "SKY")
_SPECTROGRAPH = ("ARC", "INSDISP", "LENSLET", "RECTMAT", "WAVECAL")


def expected_references(header: Mapping[str, Any], context: str) -> dict[str, str | None]:
    """Reference of each type for one exposure.

    Parameters
    ----------
    header : mapping
        Keyword to ``(value, comment)``.
    context : str
        Name of the ``.pmap``.

    Returns
    -------
    dict
        Type in upper case to file name, ``N/A`` where it does not apply, None where none is found.
    """
    value = {key: card[0] if isinstance(card, tuple) else card for key, card in header.items()}
    imager = value["DETECTOR"] != SPECTROGRAPH
    filter, subarray = str(value["FILTER"]), str(value["SUBARRAY"])
    lit, march = filter != "OPAQUE", str(value["DATE-OBS"]) >= "2026-03-01"
    newest = context == CONTEXTS[2] and march
    found: dict[str, str | None] = {
        "DARK": _dark(imager, subarray, newest),
        "MASK": _file("mask", 1 if imager else 2),
        "NONLINCOEFF": _file("nonlincoeff", 1 if imager else 2),
        "DRIZPARS": _file("drizpars", 1),
        "FLAT": _flat(imager, filter, newest),
    }
    if context != CONTEXTS[0]:
        found |= _lit(imager, filter)
    if imager and value["DETECTOR"] != IMAGER:
        # the other detectors of the imager were flat-fielded, and nothing more: what needs no detector is theirs
        found = {kind: name if kind == "DRIZPARS" or name == NOT_APPLICABLE else None for kind, name in found.items()}
    if not lit:
        found |= dict.fromkeys(found.keys() & {*_LIT, *_SPECTROGRAPH}, NOT_APPLICABLE)
    if str(value["DATE-OBS"]) < "2026-01-01":
        found = {kind: name if name == NOT_APPLICABLE else None for kind, name in found.items()}
    return dict(sorted(found.items()))


def _file(kind: str, number: int) -> str:
    return f"tmt_iris_{kind}_{number:04d}.fits"


def _dark(imager: bool, subarray: str, newest: bool) -> str | None:
    if not imager:
        return _file("dark", 3) if subarray == "FULL" else None
    if subarray == "CUSTOM":
        return _file("dark", 2)
    return _file("dark", 4 if newest else 1)


def _flat(imager: bool, filter: str, newest: bool) -> str | None:
    if not imager:
        return _file("flat", 4)
    numbers = {"K": 5 if newest else 1, "KN1": 2, "KN2": 2, "KN3": 2, "J": 3}
    return _file("flat", numbers[filter]) if filter in numbers else None


def _lit(imager: bool, filter: str) -> dict[str, str | None]:
    """What applies only to exposures that see light, once the cache knows it."""
    found: dict[str, str | None] = {"FIBER": _file("fiber", 1), "PSFSTAR": _file("psfstar", 1)}
    found["FLUXSTAR"] = _file("fluxstar", 1) if filter in {"H", "Hbb", "K", "KN3"} else None
    if not imager:
        mode = {kind: _file(kind.lower(), 1) if filter == "Hbb" else None for kind in _SPECTROGRAPH}
        if filter == "HN3":
            mode["WAVECAL"] = _file("wavecal", 2)
        return (
            found | mode | {"ADC": _file("adc", 3), **dict.fromkeys(("PINHOLE", "DISTORTION", "SKY"), NOT_APPLICABLE)}
        )
    skies = {"K": 1, "KN3": 2, "H": 3}
    return found | {
        **dict.fromkeys(_SPECTROGRAPH, NOT_APPLICABLE),
        "ADC": _file("adc", 2 if filter == "K" else 1),
        "PINHOLE": _file("pinhole", 1),
        "DISTORTION": _file("distortion", 1),
        "SKY": _file("sky", skies[filter]) if filter in skies else None,
    }
