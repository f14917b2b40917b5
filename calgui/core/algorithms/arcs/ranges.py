"""Where a spectrum should lie, by its header and by its filter: only roughly true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.fluxstar.synthetic import Filter, known_filter
from calgui.core.algorithms.matching import text
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.spectra.axis import spectral_axis, wavelengths

Floats = npt.NDArray[np.float64]

#: part of the smaller of filter and header's range that both must share
_SHARED = 0.3
#: what comes through beside a filter's band: orders that overlap, and its wings
_LEAK = 0.01
#: how well the edges of a filter are known: cold ones and tilted beams shift them
_EDGE = 0.004
_NM = 1000.0


@dataclass(frozen=True)
class Rough:
    """A rough range.

    Attributes
    ----------
    low, high : float
        In nm, vacuum.
    source : str
        Where it is from, for people.
    band : tuple of float or None
        Edges of the filter in nm, at half of its peak; None where it is not known, or not asked.
    filter : Filter or None
        Likewise.
    """

    low: float
    high: float
    source: str
    band: tuple[float, float] | None = None
    filter: Filter | None = None

    @property
    def unfiltered(self) -> "Rough":
        """The same without the filter."""
        return Rough(self.low, self.high, self.source)

    def through(self, wavelength: Floats) -> Floats:
        """What part of the light comes through the filter.

        Parameters
        ----------
        wavelength : ndarray of float64
            In nm.

        Returns
        -------
        ndarray of float64
            Of its peak; never less than a hundredth. 1 without a filter.
        """
        if self.filter is None:
            return np.ones_like(wavelength)
        wave, through = self.filter.sampled()
        curves = [
            np.interp(wavelength * factor, wave * _NM, through / through.max(), left=0, right=0)
            for factor in (1 - _EDGE, 1.0, 1 + _EDGE)
        ]
        return np.asarray(np.maximum(np.max(curves, axis=0), _LEAK), np.float64)


def rough_range(frame: FrameLike, config: ArcConfig, axis: int | None) -> Rough:
    """The range that the options, the header or the filter give.

    Parameters
    ----------
    frame : FrameLike
        Its header is looked at.
    config : ArcConfig
        ``wavemin``, ``wavemax``, ``filter_prior``.
    axis : int or None
        The spectral axis as in FITS, from 1.

    Returns
    -------
    Rough

    Raises
    ------
    InputError
        None of them says it, or what they say is none.
    """
    header = frame.header
    name = text(header, "FILTER")
    row = known_filter(name) if name else None
    band = (row.wavemin_um * _NM, row.wavemax_um * _NM) if row is not None and config.filter_prior else None
    low = config.wavemin if config.wavemin is not None else number(header, "WAVEMIN")
    high = config.wavemax if config.wavemax is not None else number(header, "WAVEMAX")
    if low is not None and high is not None:
        source = "options" if None not in (config.wavemin, config.wavemax) else "WAVEMIN and WAVEMAX"
        low, high = min(low, high), max(low, high)
        if not 0.2 < low < high < 30:
            raise InputError(
                f"The range is {low:g} to {high:g} by {source}: this is no range in µm.",
                path=frame.path,
                cure="Give the options wavemin and wavemax in µm; some 5 % are good enough.",
            )
        made = Rough(low * _NM, high * _NM, source)
    elif (found := _of_axis(header, axis, frame.shape)) is not None:
        made = Rough(*found, f"CTYPE{axis}")
    elif row is not None:
        made = Rough(row.wavemin_um * _NM, row.wavemax_um * _NM, f"the edges of the filter {name}")
    else:
        lacking = [word for word, value in (("WAVEMIN", low), ("WAVEMAX", high)) if value is None]
        raise InputError(
            f"The rough range of wavelengths is not known: {' and '.join(lacking)} "
            f"{'is' if len(lacking) == 1 else 'are'} missing, and FILTER is {name or 'missing'}.",
            path=frame.path,
            cure="Give the options wavemin and wavemax in µm; some 5 % are good enough.",
        )
    if band is not None:
        shared = min(band[1], made.high) - max(band[0], made.low)
        if shared < _SHARED * min(band[1] - band[0], made.high - made.low):
            # a narrow filter's range may be off by all of it: it lies near at least
            near = abs(sum(band) / 2 - (made.low + made.high) / 2) < 0.06 * sum(band) / 2
            alike = 0.4 < (band[1] - band[0]) / (made.high - made.low) < 2.5
            band = band if near and alike else None
    return made if band is None else Rough(made.low, made.high, made.source, band, row)


def _of_axis(header: Mapping[str, Any], axis: int | None, shape: tuple[int, ...]) -> tuple[float, float] | None:
    if axis is None or spectral_axis(header, len(shape)) != axis:
        return None
    found = wavelengths(header, axis, shape[::-1][axis - 1])
    return None if found is None else (float(found.min()), float(found.max()))
