"""What a picture of stars was taken with: plate scale, wavelengths, pupil; and the perfect star for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.headeroptions import pixel_mas
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

_MAS_PER_RAD = 206264.80624709636e3
#: pixels larger than this, mas, are the coarse spaxels of the spectrograph (9, 25, 50)
COARSE_MAS = 6.0
#: telescopes whose pupil is known, as TELESCOP names them
_PUPILS = {"TMT": "tmt"}
#: instruments of such a telescope
_INSTRUMENTS = {"IRIS": "tmt"}


@dataclass(frozen=True)
class Setting:
    """How a picture was taken.

    Attributes
    ----------
    pixel_mas : float
        Side of a pixel or spaxel.
    wavemin_um, wavemax_um, wavelength_um : float
        Band and its middle, vacuum.
    pupil : str
        Name of the telescope's pupil; empty where none is known.
    diameter_m : float or None
        Of the telescope.
    angle_deg : float
        Rotation of the pupil.
    telescope : str
        As the header names it.
    source_mas : float
        Diameter of the source.
    seen_width : float or None
        Width at half maximum of the stars themselves, without the pixel, pixels: where no telescope is known.
    """

    pixel_mas: float
    wavemin_um: float
    wavemax_um: float
    wavelength_um: float
    pupil: str
    diameter_m: float | None
    angle_deg: float
    telescope: str
    source_mas: float = 0.0
    seen_width: float | None = None

    @property
    def coarse(self) -> bool:
        """Whether a pixel is too large for widths and Strehl ratios."""
        return self.pixel_mas > COARSE_MAS and self.pupil != ""

    @property
    def core_pixel(self) -> float:
        """λ/D in pixels; where no telescope is known, what the stars' width says."""
        if self.diameter_m is None:
            return max((self.seen_width or 4.0) / 1.02, 0.5)
        return self.wavelength_um * 1e-6 / self.diameter_m * _MAS_PER_RAD / self.pixel_mas

    @property
    def sampled(self) -> bool:
        """Whether the pixels hold all that the telescope shows: two of them or more in λ/D."""
        return self.core_pixel >= 2.0

    @property
    def width_pixel(self) -> float:
        """Width at half maximum of a perfect star as pixels see it, roughly, pixels."""
        return float(((1.02 * self.core_pixel) ** 2 + 0.4 + (0.75 * self.source_mas / self.pixel_mas) ** 2) ** 0.5)

    def at(self, wavelength_um: float) -> "Setting":
        """The same at one wavelength.

        Parameters
        ----------
        wavelength_um : float
            µm, vacuum.

        Returns
        -------
        Setting
        """
        return replace(self, wavemin_um=wavelength_um, wavemax_um=wavelength_um, wavelength_um=wavelength_um)

    def perfect(self, radius_mas: float) -> "PerfectStar | None":
        """The star at the diffraction limit.

        Parameters
        ----------
        radius_mas : float
            How far it must be known.

        Returns
        -------
        PerfectStar or None
            None where no pupil is known.
        """
        if not self.pupil:
            return None
        from calgui.core.optics.band import flat_band
        from calgui.core.optics.perfect import diffraction_limit
        from calgui.core.optics.pupil import load_pupil
        from calgui.core.optics.response import Response

        band = flat_band(self.wavemin_um, self.wavemax_um)
        response = Response(self.pixel_mas, source_mas=self.source_mas)
        return diffraction_limit(load_pupil(self.pupil), band, response, self.angle_deg, radius_mas)


def setting_of(frame: FrameLike, config: PsfConfig, wavelengths_um: tuple[float, float] | None = None) -> Setting:
    """Plate scale, band and pupil of a frame.

    Parameters
    ----------
    frame : FrameLike
        Its header is asked for SCALE, WAVEMIN, WAVEMAX, WAVECEN, TELESCOP, INSTRUME, PROTANG.
    config : PsfConfig
        Its options stand in for what is missing.
    wavelengths_um : tuple of float, optional
        First and last wavelength of a cube.

    Returns
    -------
    Setting

    Raises
    ------
    InputError
        Naming the keyword and the option that can give it.
    """
    header = frame.header
    scale = pixel_mas(frame, config.pixel_scale_mas)
    low, high, middle = _band(frame, config, wavelengths_um)
    telescope = str(header.get("TELESCOP") or "").strip()
    instrument = str(header.get("INSTRUME") or "").strip().upper()
    if telescope:
        pupil = _PUPILS.get(telescope.upper(), "")
    else:
        pupil = _INSTRUMENTS.get(instrument, "") if instrument else "tmt"
    diameter = None
    if pupil:
        from calgui.core.optics.pupil import load_pupil

        diameter = load_pupil(pupil).diameter_m
    angle = config.pupil_angle if config.pupil_angle is not None else number(header, "PROTANG")
    return Setting(scale, low, high, middle, pupil, diameter, angle or 0.0, telescope or instrument, config.source_mas)


def _band(
    frame: FrameLike, config: PsfConfig, wavelengths_um: tuple[float, float] | None
) -> tuple[float, float, float]:
    if config.wavelength_um is not None:
        return (config.wavelength_um,) * 3
    if wavelengths_um is not None:
        low, high = wavelengths_um
        return low, high, (low + high) / 2
    header: Mapping[str, Any] = frame.header
    first, last, middle = (number(header, key) for key in ("WAVEMIN", "WAVEMAX", "WAVECEN"))
    if first and last and 0.3 <= first < last <= 10:
        return first, last, (first + last) / 2
    if middle and 0.3 <= middle <= 10:
        return middle, middle, middle
    name = str(header.get("FILTER") or "").strip()
    said = f"; FILTER {name} alone is no wavelength" if name else ""
    raise InputError(
        f"The wavelength is missing: WAVEMIN and WAVEMAX, or WAVECEN, hold no numbers of µm{said}.",
        path=frame.path,
        cure="Add them to the header, or give the option wavelength_um.",
    )
