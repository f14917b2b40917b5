"""Headers of the demo night's files: what an IRIS file says of itself."""

import math
from collections.abc import Mapping
from typing import Any

from calgui.core.simulate.detector import GAIN, READ_NOISE, TEMPERATURE
from calgui.core.simulate.filters import FILTERS, PIXEL_ARCSEC
from calgui.core.simulate.noise import Window
from calgui.core.simulate.scene import IMAGER, Scene

OPAQUE = "OPAQUE"
TARGET_RA, TARGET_DEC = 229.63842, 2.08103  # the globular cluster M5
_PIXEL_SECONDS = 5e-6  # one pixel of one amplifier

Cards = dict[str, Any]


def exposure(
    scene: Scene,
    name: str,
    kind: str,
    start: str,
    *,
    seconds: float,
    filter: str = OPAQUE,
    detector: str = IMAGER,
    window: Window | None = None,
    lamp: str = "NONE",
    grating: str = "",
    groups: tuple[int, float] | None = None,
    ends: int = 1,
) -> Cards:
    """Primary header of a raw file.

    Parameters
    ----------
    scene : Scene
        The night.
    name : str
        File name.
    kind : str
        EXP_TYPE without its ``IRIS_``.
    start : str
        UTC start, ``2026-03-11T05:00:00``.
    seconds : float
        Exposure time.
    filter, detector, lamp, grating : str
        What it was taken with; the grating is MIRROR for the imager.
    window : Window, optional
        What was read; the whole detector when not given.
    groups : tuple, optional
        Number of reads and group time of a ramp; a difference of two reads when not given.
    ends : int
        Reads that are averaged at each end of such a difference.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``.
    """
    window = window or scene.full
    date, time = start.split("T")
    sequence = int(name.rsplit("_", 1)[1].split(".")[0])
    return {
        "TELESCOP": ("TMT", "Thirty Meter Telescope"),
        "INSTRUME": ("IRIS", "instrument"),
        "FILENAME": (name, "name of this file"),
        "ORIGIN": ("calgui demo", "simulated: not an observation"),
        "OBS_ID": (f"DEMO-{date}", "observation"),
        "EXP_NO": (sequence, "exposure number"),
        "EXP_TYPE": (f"IRIS_{kind}", "type of exposure"),
        "DATE-OBS": (date, "[UTC] date at start"),
        "TIME-OBS": (time, "[UTC] time at start"),
        "DETECTOR": (detector, "detector"),
        "INSTMODE": ("IMG" if detector == IMAGER else "LENSLET", "imager, lenslets or slicer"),
        "FILTER": (filter, "filter"),
        "PUPIL": ("CLEAR", "pupil element"),
        "GRATING": (grating or "MIRROR", "grating; MIRROR for the imager"),
        "SCALE": (PIXEL_ARCSEC if detector == IMAGER else 0.009, "[arcsec] per pixel or spaxel"),
        "LAMP": (lamp, "lamps that are on"),
        **_wavelengths(filter),
        **_subarray(scene, window),
        "GAIN": (GAIN, "[e-/adu] gain"),
        "READNOIS": (READ_NOISE, "[e-] noise of one read"),
        ("IMGDTEMP" if detector == IMAGER else "IFSDTEMP"): (TEMPERATURE, "[K] temperature of the detector"),
        **_timing(window, seconds, groups, ends),
    }


def _wavelengths(filter: str) -> Cards:
    row = FILTERS.get(filter)
    if row is None:
        return {}
    return {
        "WAVEMIN": (row.wavemin, "[um] vacuum"),
        "WAVECEN": (row.wavecen, "[um] vacuum"),
        "WAVEMAX": (row.wavemax, "[um] vacuum"),
    }


def _subarray(scene: Scene, window: Window) -> Cards:
    return {
        "SUBARRAY": ("FULL" if window == scene.full else "CUSTOM", "subarray"),
        "SUBARRID": (0 if window == scene.full else 1, "subarray number, 0 the full detector"),
        "SUBSTRT1": (window.x + 1, "first column, from 1"),
        "SUBSTRT2": (window.y + 1, "first row, from 1"),
        "SUBSIZE1": (window.width, "columns"),
        "SUBSIZE2": (window.height, "rows"),
        "DETXSIZE": (scene.full.width, "columns of the detector"),
        "DETYSIZE": (scene.full.height, "rows of the detector"),
    }


def _timing(window: Window, seconds: float, groups: tuple[int, float] | None, ends: int) -> Cards:
    reads, group_time = groups or (2, seconds)
    frame = round(min(64, window.width) * window.height * _PIXEL_SECONDS, 5)
    return {
        "READMODE": ("RAMP" if groups else f"MCDS-{ends}" if ends > 1 else "CDS", "how it was read"),
        "EXPTIME": (seconds, "[s] exposure time"),
        "EFFEXPTM": (seconds, "[s] effective exposure time"),
        "EFFINTTM": (seconds, "[s] effective integration time"),
        "TFRAME": (frame, "[s] time to read the window once"),
        "TGROUP": (group_time, "[s] time between groups"),
        "NINTS": (1, "integrations"),
        "NGROUPS": (reads, "groups of each integration"),
        "NFRAMES": (ends, "frames of each group"),
        "GROUPGAP": (0, "frames dropped between groups"),
    }


def wcs(scene: Scene, dx: float = 0.0, dy: float = 0.0, window: Window | None = None) -> Cards:
    """Where an image lies on the sky, for its own header.

    Parameters
    ----------
    scene : Scene
        The night.
    dx, dy : float
        By how many pixels the target lies right of and above the middle of the detector.
    window : Window, optional
        What was read.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``.
    """
    window = window or scene.full
    degrees = PIXEL_ARCSEC / 3600
    middle = (scene.size + 1) / 2
    return {
        "WCSAXES": (2, "axes on the sky"),
        "CTYPE1": ("RA---TAN", "gnomonic projection"),
        "CTYPE2": ("DEC--TAN", "gnomonic projection"),
        "CUNIT1": ("deg", "unit"),
        "CUNIT2": ("deg", "unit"),
        "CRVAL1": (TARGET_RA, "[deg] of the target"),
        "CRVAL2": (TARGET_DEC, "[deg] of the target"),
        "CRPIX1": (round(middle + dx - window.x, 4), "column of the target, from 1"),
        "CRPIX2": (round(middle + dy - window.y, 4), "row of the target, from 1"),
        "CD1_1": (-degrees, "[deg] per pixel"),
        "CD1_2": (0.0, "[deg] per pixel"),
        "CD2_1": (0.0, "[deg] per pixel"),
        "CD2_2": (degrees, "[deg] per pixel"),
        "RADESYS": ("ICRS", "reference system"),
    }


def cube_axes(
    target: tuple[float, float], spaxel_arcsec: float, first: float, step: float, unit: str, turn: float = 0.0
) -> Cards:
    """Where a cube lies on the sky, and its wavelengths, for its own header.

    Parameters
    ----------
    target : tuple of float
        Column and row of the target, spaxels from 0.
    spaxel_arcsec : float
        Side of a spaxel.
    first, step : float
        Wavelength of the first plane, and from plane to plane, in vacuum.
    unit : str
        Of both: ``nm`` or ``um``.
    turn : float
        Position angle of the y axis, degrees from north through east.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``.
    """
    degrees = spaxel_arcsec / 3600
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return {
        "WCSAXES": (3, "right ascension, declination, wavelength"),
        "CTYPE1": ("RA---TAN", "gnomonic projection"),
        "CTYPE2": ("DEC--TAN", "gnomonic projection"),
        "CTYPE3": ("WAVE", "wavelength in vacuum"),
        "CUNIT1": ("deg", "unit"),
        "CUNIT2": ("deg", "unit"),
        "CUNIT3": (unit, "unit"),
        "CRVAL1": (TARGET_RA, "[deg] of the target"),
        "CRVAL2": (TARGET_DEC, "[deg] of the target"),
        "CRVAL3": (first, f"[{unit}] of the first plane"),
        "CRPIX1": (target[0] + 1, "column of the target, from 1"),
        "CRPIX2": (target[1] + 1, "row of the target, from 1"),
        "CRPIX3": (1.0, "first plane"),
        "CD1_1": (-degrees * cosine, "[deg] per spaxel"),
        **(
            {"CD1_2": (degrees * sine, "[deg] per spaxel"), "CD2_1": (degrees * sine, "[deg] per spaxel")}
            if turn
            else {}
        ),
        "CD2_2": (degrees * cosine, "[deg] per spaxel"),
        "CD3_3": (step, f"[{unit}] per plane"),
        "RADESYS": ("ICRS", "reference system"),
    }


def used(context: str, **references: str) -> Cards:
    """What an earlier reduction wrote of the references that it used.

    Parameters
    ----------
    context : str
        Name of the ``.pmap``.
    **references : str
        Keyword (``R_DARK``) to file name.

    Returns
    -------
    dict
    """
    cards: Cards = {"CRDS_CTX": (context, "CRDS context used")}
    return cards | {key: (f"crds://{name}", "reference used") for key, name in references.items()}


def reference(
    name: str,
    kind: str,
    useafter: str,
    description: str,
    *,
    detector: str = IMAGER,
    unit: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Cards:
    """Primary header of a reference file.

    Parameters
    ----------
    name, kind : str
        File name and reference type.
    useafter : str
        ``2026-01-01T00:00:00``.
    description : str
        One line.
    detector : str
        As in its rule.
    unit : str
        BUNIT; empty where it has none.
    extra : mapping, optional
        Further keywords, such as the others of its rule.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``.
    """
    cards: Cards = {
        "TELESCOP": ("TMT", "Thirty Meter Telescope"),
        "INSTRUME": ("IRIS", "instrument"),
        "FILENAME": (name, "name of this file"),
        "REFTYPE": (kind, "reference type"),
        "DETECTOR": (detector, "detector"),
        "USEAFTER": (useafter, "[UTC] for exposures from then on"),
        "PEDIGREE": ("SIMULATION", "where it comes from"),
        "AUTHOR": ("calgui demo", "who made it"),
        "DESCRIP": (description, "what it is"),
        "ORIGIN": ("calgui demo", "simulated: not measured"),
    }
    if unit:
        cards["BUNIT"] = (unit, "unit of SCI and ERR")
    return cards | dict(extra or {})
