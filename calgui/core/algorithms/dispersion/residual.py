"""The residual of an exposure: what the air does less what the corrector took out, and where the star is seen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.bands import band_of, check_range, reference_of
from calgui.core.algorithms.dispersion.conditions import (
    Conditions,
    Known,
    Lying,
    conditions_of,
    lying_of,
    scale_of_picture,
)
from calgui.core.algorithms.dispersion.config import AdcConfig
from calgui.core.algorithms.dispersion.corrector import Correction, correction_of
from calgui.core.algorithms.dispersion.fitting import PathFit, fit_path
from calgui.core.algorithms.dispersion.paths import Paths, reasons_of
from calgui.core.atmosphere.refraction import dispersion
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame

Floats = npt.NDArray[np.float64]

#: wavelengths at which the air is computed where there are no planes
_POINTS = 64


@dataclass(frozen=True)
class Seen:
    """What was measured once of an exposure.

    Attributes
    ----------
    header : mapping
        Keywords.
    path : pathlib.Path or None
        The file.
    shape : tuple of int
        Of its pixels; (0,) without.
    wavelengths : tuple of float or None
        First and last of the planes of a cube, µm.
    star : Paths or None
        The star in the ranges of a cube.
    """

    header: Mapping[str, Any]
    path: Path | None
    shape: tuple[int, ...]
    wavelengths: tuple[float, float] | None = None
    star: Paths | None = None

    @property
    def picture(self) -> Frame | None:
        """What a view shows."""
        return self.star.picture if self.star is not None else None

    @property
    def place(self) -> tuple[float, float]:
        """x, y of the star, or of the middle."""
        if self.star is not None:
            return float(self.star.start_x[0]), float(self.star.start_y[0])
        if len(self.shape) >= 2:
            return (self.shape[-1] - 1) / 2, (self.shape[-2] - 1) / 2
        return 0.0, 0.0


@dataclass(frozen=True)
class Computed:
    """The residual by what is known of air and corrector.

    Attributes
    ----------
    air : ndarray of float64, shape (n,)
        Dispersion of the air, towards the zenith, mas.
    along, across : ndarray of float64, shape (n,)
        The residual, towards the zenith and at right angles to it, mas.
    conditions : Conditions
        What it was computed for.
    correction : Correction
        What was taken off.
    """

    air: Floats
    along: Floats
    across: Floats
    conditions: Conditions
    correction: Correction


@dataclass(frozen=True)
class Star:
    """The residual as the star shows it.

    Attributes
    ----------
    path : Paths
        As measured.
    fit : PathFit
        Polynomials through it.
    x_error, y_error : ndarray of float64, shape (n,)
        Of its places, with what the shape of the star adds, pixels.
    """

    path: Paths
    fit: PathFit
    x_error: Floats
    y_error: Floats


@dataclass(frozen=True)
class Agreement:
    """Whether the star is where the air and the corrector put it.

    Attributes
    ----------
    chi2 : float
        Of both axes over the degrees of freedom, the place of the star being free, and the error of the air counted.
    free : int
        Degrees of freedom.
    chance : float
        That errors alone make so large a chi².
    rms : float
        Of measured less computed, along one axis, mas.
    worst : float
        Largest difference of the fit from what was computed, both from the reference wavelength, mas.
    part, angle : float
        The dispersion that is seen, as a part of that of the air alone, and the angle between both, degrees from north
        through east; NaN where the air makes none.
    x_off, y_off : ndarray of float64, shape (n,)
        Measured less computed, pixels, their mean taken out.
    """

    chi2: float
    free: int
    chance: float
    rms: float
    worst: float
    part: float
    angle: float
    x_off: Floats
    y_off: Floats


@dataclass(frozen=True)
class Residual:
    """Everything that a report is made of.

    Attributes
    ----------
    seen : Seen
        The exposure.
    config : AdcConfig
        Options.
    wavelength : ndarray of float64, shape (n,)
        µm, in vacuum.
    reference : float
        Wavelength that shifts are counted from, µm.
    computed : Computed or None
        None where it was not asked for.
    star : Star or None
        None where there is none.
    lying : Lying or str
        How the picture lies on the sky, or why that is not known.
    scale : Known or None
        mas per pixel.
    agreement : Agreement or None
        Where both are there.
    doubts : tuple of str
        Sentences of what does not fit together in the header.
    """

    seen: Seen
    config: AdcConfig
    wavelength: Floats
    reference: float
    computed: Computed | None
    star: Star | None
    lying: Lying | str
    scale: Known | None
    agreement: Agreement | None
    doubts: tuple[str, ...]

    def measured_pixels(self, wavelength: Floats | None = None) -> tuple[Floats, Floats]:
        """Shift of the star by the fit, from the reference wavelength, pixels."""
        assert self.star is not None
        at = self.wavelength if wavelength is None else wavelength
        x, y = self.star.fit.at(at)
        x0, y0 = self.star.fit.at(np.array([self.reference]))
        return x - x0, y - y0

    def measured_sky(self) -> tuple[Floats, Floats] | None:
        """The same along the zenith and across, mas; None where the sky is not known."""
        if self.star is None or isinstance(self.lying, str) or self.scale is None:
            return None
        x, y = self.measured_pixels()
        return self.lying.orientation.to_sky(x * self.scale.value, y * self.scale.value, self.lying.zenith)

    def computed_pixels(self) -> tuple[Floats, Floats] | None:
        """Shift as it was computed, on the picture, pixels; None where it cannot be told."""
        found = self.computed_mas()
        if found is None or self.scale is None:
            return None
        return found[0] / self.scale.value, found[1] / self.scale.value

    def computed_mas(self) -> tuple[Floats, Floats] | None:
        """The same in mas."""
        if self.computed is None or isinstance(self.lying, str):
            return None
        return self.lying.orientation.to_picture(self.computed.along, self.computed.across, self.lying.zenith)

    def sky(self) -> tuple[Floats, Floats] | None:
        """The residual that was adopted, along and across, mas: of the star where there is one."""
        found = self.measured_sky()
        if found is not None or self.computed is None:
            return found
        return self.computed.along, self.computed.across

    def pixels(self) -> tuple[Floats, Floats] | None:
        """The same on the picture, pixels."""
        return self.measured_pixels() if self.star is not None else self.computed_pixels()


def residual_of(seen: Seen, config: AdcConfig) -> Residual:
    """Compute the residual, fit the star, and compare.

    Parameters
    ----------
    seen : Seen
        What was measured.
    config : AdcConfig
        Options.

    Returns
    -------
    Residual

    Raises
    ------
    InputError
        What is missing, by name; too few places for the order.
    """
    first, last = seen.wavelengths or band_of(seen.header, config, seen.path)
    reference = reference_of(seen.header, config.reference_um, first, last)
    star = _star(seen, config) if seen.star is not None else None
    wavelength = seen.star.wavelength[0] if seen.star is not None else np.linspace(first, last, _POINTS)
    lying = lying_of(seen.header, seen.place, config.parallactic_angle, config.position_angle)
    scale, doubts = scale_of_picture(seen.header, config.pixel_scale_mas, seen.place)
    computed = None
    if star is None or config.use != "measured":
        check_range(first, last, seen.path)
        computed = _computed(seen, config, wavelength, reference, lying)
        doubts = (*doubts, *computed.conditions.doubts)
    if star is not None and computed is not None and (scale is None or isinstance(lying, str)):
        what = lying if isinstance(lying, str) else "The plate scale is missing: SCALE holds no number of arcsec."
        raise InputError(
            f"The star cannot be compared with the air. {what}",
            path=seen.path,
            cure="Add to the header what is missing, or give the options parallactic_angle, position_angle, "
            "pixel_scale_mas; use=measured does without.",
        )
    if star is not None and scale is None:
        raise InputError(
            "The plate scale is missing: there are no coordinates of the sky, and SCALE holds no number of arcsec.",
            path=seen.path,
            cure="Add SCALE to the header, or give the option pixel_scale_mas.",
        )
    if star is not None and str(seen.header.get("S_ADC") or "").strip() == "COMPLETE":
        doubts = (*doubts, "S_ADC is COMPLETE: this cube was corrected before, and the star shows what is left.")
    made = Residual(seen, config, wavelength, reference, computed, star, lying, scale, None, doubts)
    if star is None or computed is None:
        return made
    return Residual(seen, config, wavelength, reference, computed, star, lying, scale, _agreement(made), doubts)


def _computed(seen: Seen, config: AdcConfig, wavelength: Floats, reference: float, lying: Lying | str) -> Computed:
    found = conditions_of(seen.header, config, seen.path)
    air = dispersion(wavelength, reference, found.air, found.zenith, config.zenith_angle_is)
    correction = correction_of(seen.header, config, wavelength, reference, air, lying, seen.path)
    return Computed(air, air - correction.along, -correction.across, found, correction)


def _star(seen: Seen, config: AdcConfig) -> Star:
    path = seen.star
    assert path is not None
    errors = path.errors(0, config.floor)
    places = (path.x[0], path.y[0])
    fit = fit_path(path.wavelength[0], places, errors, path.usable[0], config.order, config.clip, config.exclude)
    if fit is None:
        usable = int(path.usable[0].sum())
        lost = ", ".join(f"{count} {word}" for word, count in reasons_of(path.flags[0]).items())
        raise InputError(
            f"A fit of order {config.order} takes {config.order + 2} places of the star; there are {usable} of "
            f"{len(places[0])} ranges of wavelength{f' ({lost})' if lost else ''}.",
            path=seen.path,
            cure="Choose a lower order, exclude fewer wavelengths, or choose a brighter star, whole on the cube.",
        )
    return Star(path, fit, errors[0], errors[1])


def _agreement(made: Residual) -> Agreement:
    from scipy.stats import chi2 as distribution

    star, computed, sky = made.star, made.computed, made.measured_sky()
    there = made.computed_pixels()
    if star is None or computed is None or sky is None or there is None:
        raise ValueError("there is nothing to compare")
    if made.scale is None or isinstance(made.lying, str):
        raise ValueError("it is not known where on the picture the air moves a star")
    used = star.fit.used
    # where the star is, is free; how much the air disperses is known to a part: a constraint, not a free number
    mas, prior = made.scale.value, (made.config.air_error / 100) ** -2 if made.config.air_error else math.inf
    air = made.lying.orientation.to_picture(computed.air, np.zeros_like(computed.air), made.lying.zenith)
    total, offs, cross, power = 0.0, [], 0.0, 0.0
    for place, model, slope, error in (
        (star.path.x[0], there[0], air[0] / mas, star.x_error),
        (star.path.y[0], there[1], air[1] / mas, star.y_error),
    ):
        weight = 1 / np.square(error[used])
        off, slope = (one - float(np.sum(weight * one[used]) / np.sum(weight)) for one in (place - model, slope))
        total += float(np.sum(weight * np.square(off[used])))
        cross += float(np.sum(weight * off[used] * slope[used]))
        power += float(np.sum(weight * np.square(slope[used])))
        offs.append(off)
    total -= cross**2 / (power + prior)
    free = 2 * (int(used.sum()) - 1)
    squares = np.concatenate([off[used] for off in offs]) * made.scale.value
    worst = float(np.hypot(sky[0] - computed.along, sky[1] - computed.across).max())
    # the dispersion that is seen is that of the air, times a complex number
    seen_air = computed.air - computed.air.mean()
    at = (sky[0] - sky[0].mean()) + 1j * (sky[1] - sky[1].mean())
    norm = float(np.sum(seen_air**2))
    ratio = complex(np.sum(seen_air * at) / norm) if norm > 0 else complex(math.nan, math.nan)
    return Agreement(
        total / free, free, float(distribution.sf(total, free)), math.sqrt(float(np.mean(squares**2))), worst,
        abs(ratio), math.degrees(math.atan2(ratio.imag, ratio.real)), offs[0], offs[1],
    )  # fmt: skip
