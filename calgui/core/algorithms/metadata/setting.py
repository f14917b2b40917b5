"""Do filter, grating, wavelengths, lamp, scale, and what the adaptive optics say, agree within one exposure?"""

import math
import re
from collections.abc import Mapping
from typing import Any

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.metadata.entries import clean, numbers_of
from calgui.core.algorithms.metadata.facts import arm, is_on_sky, is_reference
from calgui.core.algorithms.metadata.limits import Contradiction, all_of, held, plainly

#: broad filter of each band of a grating
_BROAD = {"Z": "Zbb", "Y": "Ybb", "J": "Jbb", "H": "Hbb", "K": "Kbb"}
_BAND = re.compile(r"(?<![A-Z])([ZYJHK])(?:\+([ZYJHK]))?(?=\d|N\d|BB|\Z|-|\+)")
#: what stands between the values of a reference for several
_SEVERAL = re.compile(r"[,;|]")
_DARK = frozenset({"OPAQUE", "DARK", "CLOSED", "BLANK"})
_LIT = ("FLAT", "ARC", "PINHOLE", "FIBER", "LENSLET")
#: arcsec per pixel or spaxel
_SCALES: Mapping[str, tuple[float, ...]] = {"imager": (0.004,), "spectrograph": (0.004, 0.009, 0.025, 0.05)}
_MAS_TO_RAD = 4.84813681109536e-9
#: of what is taken without its lamp, to be subtracted from what is taken with it
_OFF = ("OFF", "DARK")


def check_setting(header: Mapping[str, Any]) -> list[Contradiction]:
    """Hold the setting of the instrument and of the adaptive optics against itself.

    Parameters
    ----------
    header : mapping
        Of one exposure; what is absent is left out.

    Returns
    -------
    list of Contradiction
    """
    return [
        *_several(header),
        *_mirror(header),
        *_grating(header),
        *_wavelengths(header),
        *_lamp(header),
        *_opaque(header),
        *_scale(header),
        *_weights(header),
        *_turbulence(header),
        *_spots(header),
    ]


def _several(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether an exposure names one filter, one grating and one detector: of a reference there may be several."""
    made: list[Contradiction] = []
    for keyword in () if is_reference(header) else ("FILTER", "GRATING", "DETECTOR"):
        value = clean(str(header.get(keyword) or ""), 40)
        names = [name for name in _SEVERAL.split(value) if name.strip()]
        if len(names) > 1:
            text = (
                f"{keyword} is {value!r}, which are {len(names)} names, where an exposure has 1: no rule fits to it. "
                "Write the one that was in the light."
            )
            made += plainly("several", (keyword,), len(names), 1, "", text)
    return made


def _word(header: Mapping[str, Any], keyword: str) -> str:
    value = header.get(keyword)
    return "" if value is None else clean(str(value).strip(), 40)


def _mirror(header: Mapping[str, Any]) -> list[Contradiction]:
    grating = _word(header, "GRATING")
    if not grating or is_reference(header) or "DARK" in _word(header, "EXP_TYPE").upper():
        return []
    flat = grating.upper() in {"MIRROR", "N/A", "NONE"}
    which = arm(header)
    if which == "imager" and not flat:
        text = f"GRATING is {grating!r} on an imager's detector, where MIRROR belongs: 1 contradiction, 0 allowed."
        return plainly("grating_detector", ("GRATING", "DETECTOR"), 1, 0, "", f"{text} Correct DETECTOR or GRATING.")
    if which == "spectrograph" and flat:
        text = f"GRATING is {grating!r} on the spectrograph's detector: no spectrum; 1 contradiction, 0 allowed."
        return plainly(
            "grating_detector", ("GRATING", "DETECTOR"), 1, 0, "", f"{text} Look at the grating mechanism.", "doubtful"
        )
    return []


def _edges(name: str) -> tuple[float, float] | None:
    """Half-power edges of a filter, µm; None for one that is not known."""
    from calgui.core.algorithms.fluxstar.synthetic import known_filter

    found = known_filter(name)
    return None if found is None else (found.wavemin_um, found.wavemax_um)


def bands_of(grating: str) -> tuple[str, ...]:
    """Letters of the bands of a grating, such as K of ``K4000``, ``4000-K`` and ``8000-Kn1-3``.

    Parameters
    ----------
    grating : str
        As in GRATING or IFSGRTST.

    Returns
    -------
    tuple of str
        Empty where it names none.
    """
    match = _BAND.search(grating.strip().upper())
    return tuple(letter for letter in match.groups() if letter) if match else ()


def _grating(header: Mapping[str, Any]) -> list[Contradiction]:
    lens = _word(header, "FILTER")
    edges = _edges(lens)
    made: list[Contradiction] = []
    for keyword in ("GRATING", "IFSGRTST", "IFSRES"):
        bands = bands_of(_word(header, keyword))
        if edges is None or not bands or arm(header) == "imager":
            continue
        spans = [span for band in bands if (span := _edges(_BROAD[band]))]
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        outside = 1 - max(0.0, min(high, edges[1]) - max(low, edges[0])) / (edges[1] - edges[0])
        said = (
            f"FILTER {lens} passes {edges[0]:g} to {edges[1]:g} um, but {keyword} {_word(header, keyword)} is for "
            f"{low:g} to {high:g} um: outside lies a fraction of"
        )
        made += held("filter_edges", ("FILTER", keyword), outside, said, "Look at the filter wheels and the grating.")
    return made


def _wavelengths(header: Mapping[str, Any]) -> list[Contradiction]:
    found = all_of(header, "WAVEMIN", "WAVEMAX")
    if found is None:
        return []
    low, high = found
    if low >= high:
        text = f"WAVEMIN is {low:g} um, WAVEMAX {high:g} um: it must be the larger one. Correct them."
        return plainly("wavelength_order", ("WAVEMIN", "WAVEMAX"), low, high, "um", text)
    made: list[Contradiction] = []
    middle = number(header, "WAVECEN")
    if middle is not None and not low <= middle <= high:
        text = f"WAVECEN is {middle:g} um, outside WAVEMIN {low:g} to WAVEMAX {high:g} um. Correct it."
        made += plainly("wavelength_order", ("WAVEMIN", "WAVECEN", "WAVEMAX"), middle, high, "um", text)
    lens = _word(header, "FILTER")
    edges = _edges(lens)
    if edges is not None:
        away = max(abs(low - edges[0]), abs(high - edges[1])) / (edges[1] - edges[0])
        said = (
            f"WAVEMIN to WAVEMAX is {low:g} to {high:g} um, but FILTER {lens} passes {edges[0]:g} to {edges[1]:g} um: "
            f"in units of its width an edge is off by"
        )
        made += held(
            "filter_edges", ("FILTER", "WAVEMIN", "WAVEMAX"), away, said, "Look which filter was in the light."
        )
    return made


def _lamp(header: Mapping[str, Any]) -> list[Contradiction]:
    kind, lens = _word(header, "EXP_TYPE").upper(), _word(header, "FILTER").upper()
    if not kind:
        return []
    lamps = [
        word for word in re.split(r"[,;\s]+", _word(header, "LAMP").upper()) if word not in {"", "NONE", "OFF", "N/A"}
    ]
    if "DARK" in kind and lens and lens not in {*_DARK, "N/A", "ANY", "NONE"} and header.get("FILTDRFL") is not True:
        text = (
            f"EXP_TYPE is a dark, but FILTER {lens} lets light in: 1 contradiction, 0 allowed. Look at "
            f"the filter wheels."
        )
        return plainly("dark_filter", ("EXP_TYPE", "FILTER"), 1, 0, "", text)
    if "DARK" in kind and lamps and lens not in _DARK:
        text = f"EXP_TYPE is a dark, but LAMP says that {len(lamps)} are on, where 0 belong. Switch them off."
        return plainly("dark_lamp", ("EXP_TYPE", "LAMP"), len(lamps), 0, "", text)
    return []


def _opaque(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether what needs light got some."""
    kind, lens = _word(header, "EXP_TYPE").upper(), _word(header, "FILTER").upper()
    lit = any(word in kind for word in _LIT) and not any(word in kind for word in _OFF)
    if is_reference(header) or not (lit or is_on_sky(header)):
        return []
    if lens in _DARK:
        text = f"EXP_TYPE is {kind}, but FILTER {lens} lets no light in: 1 contradiction, 0 allowed."
        return plainly("dark_filter", ("EXP_TYPE", "FILTER"), 1, 0, "", f"{text} Look at the filter wheels.")
    if header.get("FILTDRFL") is True:
        text = f"EXP_TYPE is {kind}, but FILTDRFL says that a dark filter is in the light: 1 contradiction, 0 allowed."
        return plainly("dark_filter", ("EXP_TYPE", "FILTDRFL"), 1, 0, "", f"{text} Look at the filter wheels.")
    return []


def _scale(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether the scale is one that the arm has."""
    which, scale = arm(header), number(header, "SCALE")
    if which not in _SCALES or scale is None or scale <= 0 or _word(header, "INSTRUME").upper() != "IRIS":
        return []
    nearest = min(_SCALES[which], key=lambda one: abs(math.log(scale / one)))
    listed = ", ".join(f"{one:g}" for one in _SCALES[which])
    said = (
        f"SCALE is {scale:g} arcsec, but the {which} of IRIS has {listed}: from the nearest it differs by a fraction of"
    )
    cure = "Look whether it is in arcsec, and at DETECTOR."
    return held("scale", ("SCALE", "DETECTOR"), abs(scale - nearest) / nearest, said, cure)


def _weights(header: Mapping[str, Any]) -> list[Contradiction]:
    made: list[Contradiction] = []
    for waves, weights, values in (("IMGDISWV", "IMGDISWT", "IMGDISVL"), ("DISNFWV", "DISNFWG", "DISNFVAL")):
        found = numbers_of(header.get(weights)) if weights in header else None
        if found is not None:
            said = f"The weights of {weights} sum to {sum(found):g} and not to 1: they differ by"
            cure = "Look at what the telescope's software wrote."
            made += held("weights", (weights,), abs(sum(found) - 1), said, cure)
        counts = {key: len(numbers_of(header[key]) or ()) for key in (waves, weights, values) if key in header}
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"{key} {count}" for key, count in counts.items())
            apart = max(counts.values()) - min(counts.values())
            text = (
                f"There are not as many of each: {listed}; they differ by {apart}, 0 is allowed. Look at "
                f"what wrote them."
            )
            made += plainly("counts", tuple(counts), apart, 0, "", text)
    return made


def _turbulence(header: Mapping[str, Any]) -> list[Contradiction]:
    made: list[Contradiction] = []
    cure = "Look at the units (m, mas, s), and whether all are of the same moment and wavelength."
    for prefix in ("LGS", "NGS"):
        fried = number(header, f"{prefix}R0")
        if fried is None or fried <= 0:
            continue
        angle, coherence = number(header, f"{prefix}THT0"), number(header, f"{prefix}TAU0")
        if angle is not None and angle > 0:
            height = 0.314 * fried / (angle * _MAS_TO_RAD) / 1000
            said = f"{prefix}R0 {fried:g} m and {prefix}THT0 {angle:g} mas stand for turbulence at a height of"
            made += held("turbulence_height", (f"{prefix}R0", f"{prefix}THT0"), height, said, cure)
        if coherence is not None and coherence > 0:
            speed = 0.314 * fried / coherence
            said = f"{prefix}R0 {fried:g} m and {prefix}TAU0 {coherence:g} s stand for turbulence that moves at"
            made += held("turbulence_speed", (f"{prefix}R0", f"{prefix}TAU0"), speed, said, cure)
    return made


def _spots(header: Mapping[str, Any]) -> list[Contradiction]:
    lists = [numbers_of(header.get(keyword)) for keyword in ("ODGWIMEL", "ODGWIMS1", "ODGWIMS2")]
    if any(one is None for one in lists):
        return []
    ratios, firsts, seconds = (one or [] for one in lists)
    made: list[Contradiction] = []
    if not len(ratios) == len(firsts) == len(seconds):
        return made
    for place, (ratio, first, second) in enumerate(zip(ratios, firsts, seconds, strict=True), 1):
        if ratio <= 0 or first <= 0 or second <= 0:
            continue
        own = first / second
        # either width may stand above
        away = min(abs(ratio - own) / own, abs(ratio - 1 / own) * own)
        said = (
            f"In guide window {place} ODGWIMEL is {ratio:g}, but the widths {first:g} and {second:g} "
            f"pixel make {own:.3f}: "
            f"they differ by a fraction of"
        )
        made += held("ellipticity", ("ODGWIMEL", "ODGWIMS1", "ODGWIMS2"), away, said, "Look at the averaged spots.")
    return made
