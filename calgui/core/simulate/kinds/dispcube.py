"""Cubes of a star far from the zenith: air draws it out, prisms put most of it back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import DARK_RATE, READ_NOISE
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import cube_axes, exposure
from calgui.core.simulate.optics import add_star
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.spectro.air import Weather, refraction
from calgui.core.simulate.spectro.corrector import Prisms
from calgui.core.simulate.telescope import on_sky

Floats = npt.NDArray[np.float64]

SECONDS = 300.0
SHAPE = (24, 56, 60)  # wavelengths, y, x
SPAXEL_MAS = 4.0
MIDDLE = (29.4, 27.2)  # x, y of the star at the middle wavelength, spaxels from 0
RATE = 60.0  # e-/s and plane
RESIDUAL_NM = 190.0
#: mas between 1 and 2.4 µm that one prism moves a star
STRENGTH_MAS = 160.0
_EXTRACTED = 3


@dataclass(frozen=True)
class Pointing:
    """One cube.

    Attributes
    ----------
    start : str
        UTC: with the target it tells the zenith angle.
    band, grating : str
        Filter and grating.
    ends : tuple of float
        Wavelengths of the first and the last plane, µm.
    weather : Weather
        The night's air, as the header has it.
    told : Weather or None
        What the corrector was told; None where its prisms undo one another.
    turned : float
        By how many degrees the prisms miss the direction.
    turn : float
        Position angle of the cube's y axis, degrees.
    """

    start: str
    band: str
    grating: str
    ends: tuple[float, float]
    weather: Weather
    told: Weather | None
    turned: float = 0.0
    turn: float = 0.0

    @property
    def wavelengths(self) -> Floats:
        """Of the planes, µm."""
        return np.round(np.linspace(*self.ends, SHAPE[0]), 6)

    @property
    def middle(self) -> float:
        """Wavelength that shifts are counted from: WAVECEN, µm."""
        return FILTERS[self.band].wavecen

    @property
    def zenith(self) -> float:
        """Zenith angle as in the header, degrees: as the telescope sees it."""
        return 90 - float(on_sky(self.start)["EL"][0])

    @property
    def towards(self) -> float:
        """Direction of the zenith on the cube, degrees from x towards y."""
        # east is to the left where north is up: a position angle runs from y towards minus x
        return 90 + float(on_sky(self.start)["PARANG"][0]) - self.turn

    @property
    def prisms(self) -> Prisms:
        """How the prisms stand; those that undo one another are 180 degrees apart."""
        if self.told is None:
            return Prisms(round(self.towards + 90, 4), round(self.towards - 90, 4), STRENGTH_MAS)
        made = Prisms.set_for(self.towards, self.zenith, self.told, STRENGTH_MAS, self.turned)
        return Prisms(round(made.a, 4), round(made.b, 4), STRENGTH_MAS)

    def residual(self, wavelength: Floats) -> tuple[Floats, Floats]:
        """Where the star is, less where it is at the middle wavelength.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm.

        Returns
        -------
        tuple of ndarray of float64
            Towards the zenith, and across: 90 degrees from there, in the sense in which position angles grow; mas.
        """
        air = refraction(wavelength, self.weather, self.zenith)
        air = air - refraction(np.array([self.middle]), self.weather, self.zenith)
        x, y = self.prisms.shift(wavelength, self.middle)
        angle = math.radians(self.towards)
        return air + x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)

    def air(self, wavelength: Floats) -> Floats:
        """Dispersion of air alone, towards the zenith.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm.

        Returns
        -------
        ndarray of float64
            mas, 0 at the middle wavelength.
        """
        of = refraction(np.append(wavelength, self.middle), self.weather, self.zenith)
        return np.asarray(of[:-1] - of[-1])

    def places(self) -> tuple[Floats, Floats]:
        """x and y of the star in each plane, spaxels from 0."""
        along, across = self.residual(self.wavelengths)
        angle = math.radians(self.towards)
        x = MIDDLE[0] + (along * math.cos(angle) - across * math.sin(angle)) / SPAXEL_MAS
        y = MIDDLE[1] + (along * math.sin(angle) + across * math.cos(angle)) / SPAXEL_MAS
        return np.asarray(x), np.asarray(y)


_NIGHT = Weather(612.4, 10.6, 12.0)
POINTINGS: tuple[Pointing, ...] = (
    Pointing("2026-03-11T15:00:00", "Hbb", "H4000", (1.49, 1.78), _NIGHT, Weather(540.0, 12.0, 12.0), 3.0),
    Pointing("2026-03-11T11:34:00", "Hbb", "H4000", (1.49, 1.78), _NIGHT, Weather(560.0, 12.0, 12.0), 4.0),
    Pointing("2026-03-11T10:30:00", "Hbb", "H4000", (1.49, 1.78), _NIGHT, Weather(655.0, 8.0, 12.0), -3.0, 30.0),
    Pointing("2026-03-11T11:42:00", "J", "J4000", (1.17, 1.31), _NIGHT, None, 0.0, -50.0),
)
#: whose residual is the ADC reference of the spectrograph
REFERENCE = POINTINGS[1]


def name_of(number: int) -> str:
    """File of one cube.

    Parameters
    ----------
    number : int
        Index into `POINTINGS`.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_dispcube_{number + 1:04d}.fits"


def conditions(pointing: Pointing) -> dict[str, Any]:
    """Keywords of the air and of the prisms.

    Parameters
    ----------
    pointing : Pointing
        One cube.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``. The telemetry table of IRIS has no keywords for them.
    """
    prisms, air = pointing.prisms, pointing.weather
    return {
        "PRESSURE": (air.pressure, "[hPa] pressure of the air at the telescope"),
        "AIRTEMP": (air.celsius, "temperature of the air outside, Celsius"),
        "HUMIDITY": (air.humidity, "[%] relative humidity outside"),
        "ADCROTA": (prisms.a, "[deg] prism A: x to y, where it moves red light"),
        "ADCROTB": (prisms.b, "[deg] prism B"),
        "ADCMAS": (prisms.strength, "[mas] dispersion of one prism, 1 to 2.4 um"),
    }


def _make(scene: Scene, number: int) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    pointing, rng = POINTINGS[number], scene.rng(name_of(number))
    light = np.zeros(SHAPE, np.float32)
    waves = pointing.wavelengths
    row = FILTERS[pointing.band]
    step = float(waves[1] - waves[0])
    for plane, wave, x, y in zip(light, waves.tolist(), *(one.tolist() for one in pointing.places()), strict=True):
        strehl = math.exp(-((2 * math.pi * RESIDUAL_NM / (wave * 1e3)) ** 2))
        add_star(plane, x, y, RATE, wave, strehl)
    light += np.float32(row.sky_rate * (SPAXEL_MAS / 4) ** 2 * step / (row.wavemax - row.wavemin))
    variance = (light + _EXTRACTED * DARK_RATE) / SECONDS + _EXTRACTED * 2 * READ_NOISE**2 / SECONDS**2
    error = np.sqrt(variance).astype(np.float32)
    data = light + error * rng.standard_normal(SHAPE, dtype=np.float32)
    unit = {"BUNIT": ("electron/s", "in one spaxel and one plane")}
    axes = cube_axes(MIDDLE, SPAXEL_MAS / 1000, float(waves[0]), step, "um", pointing.turn)
    hdus = (
        Image("SCI", data.astype(np.float32), unit | axes),
        Image("ERR", error, unit),
        Image("DQ", np.zeros(SHAPE, np.uint32)),
    )
    return hdus, {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for number, pointing in enumerate(POINTINGS):
        name = name_of(number)
        header = exposure(
            scene,
            name,
            "PSFSTAR",
            pointing.start,
            seconds=SECONDS,
            filter=pointing.band,
            detector=SPECTROGRAPH,
            grating=pointing.grating,
        )
        header["SCALE"] = (SPAXEL_MAS / 1000, "[arcsec] per pixel or spaxel")
        header |= on_sky(pointing.start, "DEMO STAR")
        header["PA"] = (pointing.turn, "[deg] position angle of the y axis")
        header["PROTANG"] = (round(pointing.turn - float(header["PARANG"][0]), 4), "[deg] pupil rotation")
        made.append(Exposure(name, header | conditions(pointing), lambda scene, number=number: _make(scene, number)))  # type: ignore[misc]
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    cubes = []
    for number, pointing in enumerate(POINTINGS):
        waves = pointing.wavelengths
        along, across = pointing.residual(waves)
        x, y = pointing.places()
        cubes.append(
            {
                "file": name_of(number),
                "zenith_angle_deg": round(pointing.zenith, 5),
                "parallactic_angle_deg": on_sky(pointing.start)["PARANG"][0],
                "position_angle_deg": pointing.turn,
                "pressure_hpa": pointing.weather.pressure,
                "temperature_c": pointing.weather.celsius,
                "humidity_percent": pointing.weather.humidity,
                "prisms_deg": [pointing.prisms.a, pointing.prisms.b],
                "reference_um": pointing.middle,
                "wavelength_um": waves.tolist(),
                "air_mas": np.round(pointing.air(waves), 5).tolist(),
                "along_mas": np.round(along, 5).tolist(),
                "across_mas": np.round(across, 5).tolist(),
                "x_pixel": np.round(x, 6).tolist(),
                "y_pixel": np.round(y, 6).tolist(),
            }
        )
    return {
        "cubes": cubes,
        "rate_e_per_s": RATE,
        "prism_strength_mas": STRENGTH_MAS,
        "meaning": "shifts are counted from the reference wavelength: along towards the zenith, across 90 degrees from "
        "there towards larger position angles; air is that of the atmosphere alone, along and across what prisms left",
        "formula": "air of Owens 1967 as in Stone 1996, with the infrared bands of water and carbon dioxide; prisms "
        "whose glasses follow that air at 615 hPa, 2 C, 20 %",
    }


KIND = Kind("dispcube", _exposures, truth=_truth)
