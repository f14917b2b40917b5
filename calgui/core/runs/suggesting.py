"""Which algorithm fits some files: the page that the bench opens with."""

from collections.abc import Iterable, Mapping
from typing import Any

from calgui.core.algorithms.exposure import exposure_time
from calgui.core.algorithms.registry import registry
from calgui.core.catalogue import CATALOGUE
from calgui.core.spectra.axis import spectral_axis

#: where nothing says what is wanted: the calibration that is made first, and every day
USUAL = "master-dark"


def fitting_algorithm(headers: Iterable[Mapping[str, Any]]) -> str:
    """The algorithm that somebody with these files most probably wants.

    Parameters
    ----------
    headers : iterable of mapping
        Of the files; read or not.

    Returns
    -------
    str
        Its name: for ramps their fit, for darks of one time a master dark and of several a series, for darks with
        flats the bad pixel map, for references what looks after them, for other images what is subtracted first.
    """
    known = registry()
    return next((name for name in _wanted(list(headers)) if name in known), USUAL)


def _wanted(headers: list[Mapping[str, Any]]) -> list[str]:
    """Names from the best on."""
    if not headers:
        return []
    references = {_text(header, "REFTYPE") for header in headers}
    if references != {""}:
        if references == {"DARK"} and len(headers) > 1:
            return ["dark-trend"]
        return ["convert-mask"] if references == {"MASK"} else []
    if all(_is_ramp(header) for header in headers):
        return ["fit-ramp"]
    if any(header.get("NAXIS") != 2 for header in headers):
        return []
    kinds = {_text(header, "EXP_TYPE").rpartition("_")[2] for header in headers}
    if kinds == {"DARK", "FLAT"}:
        return ["bad-pixel-map"]
    if kinds == {"DARK"}:
        times = {time[0] for header in headers if (time := exposure_time(header)) is not None}
        return ["dark-series" if len(times) > 1 else "master-dark"]
    if len(kinds) == 1:
        (kind,) = kinds
        own = [row.algorithms for row in CATALOGUE if kind in row.reference_types]
        return [*(name for names in own for name in names), *(["subtract-dark"] if kind else [])]
    return ["subtract-dark"]


def _text(header: Mapping[str, Any], keyword: str) -> str:
    return str(header.get(keyword) or "").strip().upper()


def _is_ramp(header: Mapping[str, Any]) -> bool:
    """Whether its data have reads: three or four axes, none of wavelengths."""
    axes = header.get("NAXIS")
    return axes in (3, 4) and spectral_axis(header, axes) is None
