"""What a click on a line does to the options of its result, as texts. No Qt."""

from collections.abc import Mapping

import numpy as np

from calgui.core.algorithms.spectrumedits import (
    Identified,
    format_identified,
    format_wavelengths,
    nearest_listed,
    parse_identified,
    parse_wavelengths,
)
from calgui.core.errors import UsageError
from calgui.views.workbench.spectra.shown import Shown

#: pixels from a line to the place of one that was identified by hand, at most
_WITHIN = 1.5


def excluded(shown: Shown, listed: int, options: Mapping[str, object], out: bool) -> dict[str, str]:
    """Leave a listed line out everywhere, or take it in again.

    Parameters
    ----------
    shown : Shown
        All spectra.
    listed : int
        Of the line, into the list.
    options : mapping of str to object
        As they are.
    out : bool
        Whether it is to be left out.

    Returns
    -------
    dict of str to str
        The option and its new text; empty where nothing changes.
    """
    name = shown.spectra.excludes
    if not name or not 0 <= listed < shown.spectra.wavelength.size:
        return {}
    now = _wavelengths(options, name)
    meant = nearest_listed(now, shown.spectra.wavelength)
    kept = [value for value, at in zip(now, meant, strict=True) if at != listed]
    if out:
        kept.append(float(shown.spectra.wavelength[listed]))
    return _changed(name, format_wavelengths(kept), options)


def identified(shown: Shown, pixel: float, wavelength: float, options: Mapping[str, object]) -> dict[str, str]:
    """Say what the line at a pixel of the main spectrum is; a listed one that was left out is taken in again.

    Parameters
    ----------
    shown : Shown
        All spectra.
    pixel : float
        Of the main spectrum.
    wavelength : float
        In vacuum, in nm.
    options : mapping of str to object
        As they are.

    Returns
    -------
    dict of str to str
    """
    name = shown.spectra.identifies
    if not name:
        return {}
    kept = [one for one in _identified(options, name) if abs(one.pixel - pixel) > _WITHIN]
    # a wavelength is at one place only
    kept = [one for one in kept if abs(one.wavelength - wavelength) > 1e-3]
    made = _changed(name, format_identified([*kept, Identified(pixel, wavelength)]), options)
    listed = int(nearest_listed([wavelength], shown.spectra.wavelength, 1e-3)[0])
    return {**made, **excluded(shown, listed, options, False)} if listed >= 0 else made


def by_hand(shown: Shown, pixel: float, options: Mapping[str, object]) -> Identified | None:
    """What was said of the line at a pixel of the main spectrum, or None."""
    found = [one for one in _identified(options, shown.spectra.identifies) if abs(one.pixel - pixel) <= _WITHIN]
    return found[0] if found else None


def taken_back(shown: Shown, pixel: float, options: Mapping[str, object]) -> dict[str, str]:
    """Forget what was said of the line at a pixel of the main spectrum.

    Parameters
    ----------
    shown : Shown
        All spectra.
    pixel : float
        Of the main spectrum.
    options : mapping of str to object
        As they are.

    Returns
    -------
    dict of str to str
    """
    name = shown.spectra.identifies
    kept = [one for one in _identified(options, name) if abs(one.pixel - pixel) > _WITHIN]
    return _changed(name, format_identified(kept), options) if name else {}


def all_forgotten(shown: Shown, options: Mapping[str, object]) -> dict[str, str]:
    """Nothing is identified or left out by hand any more."""
    made: dict[str, str] = {}
    for name in (shown.spectra.identifies, shown.spectra.excludes):
        if name:
            made |= _changed(name, "", options)
    return made


def deed(shown: Shown, name: str, before: object, after: object) -> str:
    """What was done to one of the two options, as it follows the word Undo.

    Parameters
    ----------
    shown : Shown
        All spectra.
    name : str
        Of the option.
    before, after : object
        Its texts.

    Returns
    -------
    str
        Empty where it is not just one line more or fewer.
    """
    spectra = shown.spectra
    if name == spectra.excludes:
        old, new = set(_wavelengths({name: before}, name)), set(_wavelengths({name: after}, name))
        more, fewer = sorted(new - old), sorted(old - new)
        if len(more) + len(fewer) != 1:
            return ""
        return f"{'exclude' if more else 'include'} the line {_called(shown, (more or fewer)[0])}"
    first, second = set(_identified({name: before}, name)), set(_identified({name: after}, name))
    added = sorted(second - first, key=lambda one: one.pixel)
    gone = sorted(first - second, key=lambda one: one.pixel)
    if len(added) == 1:
        return f"identify the line at pixel {added[0].pixel:.1f} as {_called(shown, added[0].wavelength)}"
    if not added and len(gone) == 1:
        return f"take back what the line at pixel {gone[0].pixel:.1f} is"
    return ""


def _called(shown: Shown, wavelength: float) -> str:
    listed = int(nearest_listed([wavelength], np.asarray(shown.spectra.wavelength))[0])
    species = f"{shown.spectra.species[listed]} " if listed >= 0 else ""
    return f"{species}{wavelength:.3f} nm"


def _changed(name: str, text: str, options: Mapping[str, object]) -> dict[str, str]:
    return {name: text} if text != str(options.get(name) or "") else {}


def _wavelengths(options: Mapping[str, object], name: str) -> tuple[float, ...]:
    """Of an option; a text that holds none is told where it stands, and is replaced by a click."""
    try:
        return parse_wavelengths(str(options.get(name) or ""), name) if name else ()
    except UsageError:
        return ()


def _identified(options: Mapping[str, object], name: str) -> tuple[Identified, ...]:
    try:
        return parse_identified(str(options.get(name) or ""), name) if name else ()
    except UsageError:
        return ()
