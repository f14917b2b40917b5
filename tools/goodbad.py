"""What good and bad look like, for each calibration: taken from the demo night, or made by the same simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from astropy.io import fits

from calgui.core.algorithms.registry import Curve
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.simulate import DemoNight
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.kinds.arc import SECONDS as ARC_SECONDS
from calgui.core.simulate.kinds.arc import arc_light
from calgui.core.simulate.kinds.lenslet import SECONDS as SCAN_SECONDS
from calgui.core.simulate.kinds.lenslet import scan_light
from calgui.core.simulate.kinds.pinholemask import FWHM, RATE, distort, grid
from calgui.core.simulate.kinds.stars import POINTS, SECONDS, light_of
from calgui.core.simulate.noise import expose
from calgui.core.simulate.optics import PER_SIGMA, add_spot, vignetting
from calgui.core.simulate.scene import IMAGER, SPECTROGRAPH, Scene
from calgui.core.simulate.starlight import add_light
from calgui.core.spectra.lines import line_list
from calgui.core.spectra.spectrum import Spectrum

_REFERENCES = ("references", "tmt", "iris")
#: two skies are held against one another only with the same limits, and where hot pixels do not hide stars
_SKY, _SKY_PART = (4.0, 9.0), (330.0, 330.0, 250.0)


@dataclass(frozen=True)
class Look:
    """A frame, and how it is drawn.

    Attributes
    ----------
    frame : Frame
        The pixels.
    stretch, limits : str
        Of the picture's bar.
    between : tuple of float, optional
        Values drawn darkest and brightest, in place of `limits`.
    part : tuple of float, optional
        x, y and pixels that are seen about it; everything if not given.
    marked : frozenset of str
        Flags whose pixels are coloured.
    """

    frame: Frame
    stretch: str = "linear"
    limits: str = "zscale"
    between: tuple[float, float] | None = None
    part: tuple[float, float, float] | None = None
    marked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cards:
    """A header, whether it is seen as the rules read it, and the keywords that are wrong."""

    path: Path
    as_rules: bool = False
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One half of a figure.

    Attributes
    ----------
    good : bool or None
        Whether it is what one hopes for; None where it is neither.
    text : str
        What is seen.
    shown : Look, Cards, Spectrum or Curve
        The data.
    """

    good: bool | None
    text: str
    shown: Look | Cards | Spectrum | Curve


class FigureMaker:
    """Makes the sides of figures of one subject.

    Parameters
    ----------
    night : DemoNight
        Made with its usual size and seed.
    work : pathlib.Path, optional
        For files that are made on the way.
    """

    #: what makes each figure, by the name of its file below the folder of the pictures
    figures: ClassVar[Mapping[str, str]] = {}

    def __init__(self, night: DemoNight, work: Path | None = None) -> None:
        self.night = night
        self.work = work if work is not None else Path()

    def all(self) -> dict[str, Callable[[], tuple[Side, ...]]]:
        """The figures by the names of their files.

        Returns
        -------
        dict
        """
        return {name: getattr(self, method) for name, method in self.figures.items()}


class Maker:
    """Makes both sides of every figure.

    Parameters
    ----------
    night : DemoNight
        Made with its usual size and seed.
    work : pathlib.Path
        For files that are made on the way.
    """

    def __init__(self, night: DemoNight, work: Path) -> None:
        self.night, self.work = night, work
        self.scene = Scene(512, 30)

    def all(self) -> dict[str, Callable[[], tuple[Side, Side]]]:
        """The figures by the names of their calibrations.

        Returns
        -------
        dict
        """
        names = (
            "adc arc mask dark environment fiber fluxstar instrument lenslet nfiraos pinhole psfmeta psfstar sky "
            "telescope flat"
        )
        return {name: getattr(self, name) for name in names.split()}

    # -- frames ------------------------------------------------------------------------------------------------------

    def raw(self, name: str, day: str = "20260311") -> Frame:
        """An exposure of the demo night."""
        return read_frame(self.night.raw / f"iris_{day}_{name}.fits")

    def reference(self, name: str) -> Path:
        """A file of the demo's cache."""
        return self.night.cache.joinpath(*_REFERENCES, f"tmt_iris_{name}.fits")

    def exposed(self, name: str, light: np.ndarray, seconds: float, detector: str = IMAGER) -> Frame:
        """A frame that is not of the demo night, made as those are."""
        scene = self.scene
        rate, _hits = expose(scene.detector(detector), scene.full, light, seconds, scene.rng(name))
        return Frame(rate, None, None, {"BUNIT": "electron/s"}, Path(f"{name}.fits"))

    def dark(self) -> tuple[Side, Side]:
        """A light leak."""
        good, bad = self.raw("dark_0001", "20260305"), self.raw("dark_0003", "20260305")
        return (
            Side(True, "noise about zero, scattered hot pixels", Look(good, between=(-0.25, 0.35))),
            Side(False, "light leaked in from the left", Look(bad, between=(-0.25, 0.35))),
        )

    def flat(self) -> tuple[Side, Side]:
        """The lamp was off."""
        good, bad = self.raw("flat_0001"), self.raw("flat_0006")
        return (
            Side(True, "bright and smooth, dead pixels black", Look(good, limits="99.5%")),
            Side(False, "the lamp was off: thermal glow and noise", Look(bad, limits="99.5%")),
        )

    def mask(self) -> tuple[Side, Side]:
        """A threshold that is too low."""
        with fits.open(self.reference("mask_0001")) as hdus:
            flags = np.asarray(hdus["DQ"].data)
        dark = self.raw("dark_0001", "20260305").data
        inner = dark[4:-4, 4:-4]
        sigma = 1.4826 * np.median(np.abs(inner - np.median(inner)))
        low = dark > np.median(inner) + 2 * sigma
        part = (255.0, 255.0, 200.0)
        return (
            Side(
                True, "few pixels, at random", Look(_bits("tmt_iris_mask_0001", flags > 0), between=(0, 1), part=part)
            ),
            Side(False, "one dark, cut at 2 sigma: noise", Look(_bits("too_low", low), between=(0, 1), part=part)),
        )

    def sky(self) -> tuple[Side, Side]:
        """Stars in the sky."""
        good, bad = self.raw("sky_0001"), self.raw("image_0001")
        return (
            Side(True, "one level, and hot pixels", Look(good, between=_SKY, part=_SKY_PART)),
            Side(False, "stars: the telescope did not move off", Look(bad, between=_SKY, part=_SKY_PART)),
        )

    def arc(self) -> tuple[Side, Side]:
        """Lamps that are too bright."""
        bad = self.exposed("arc_too_bright", 400 * arc_light(self.scene), ARC_SECONDS, SPECTROGRAPH)
        part = (255.0, 255.0, 130.0)
        return (
            Side(True, "narrow spots below the full well", Look(self.raw("arc_0001"), "asinh", "min-max", part=part)),
            Side(False, "cut off at the full well, 5,000 e-/s", Look(bad, "asinh", "min-max", part=part)),
        )

    def lenslet(self) -> tuple[Side, Side]:
        """A lamp that is too faint."""
        bad = self.exposed("lenslet_faint", 0.01 * scan_light(self.scene, 0), SCAN_SECONDS, SPECTROGRAPH)
        part = (140.0, 255.0, 120.0)
        return (
            Side(True, "even traces, dark gaps", Look(self.raw("lenslet_0001"), limits="99.5%", part=part)),
            Side(False, "traces sink into the noise", Look(bad, limits="99.5%", part=part)),
        )

    def pinhole(self) -> tuple[Side, Side]:
        """Dust on the mask."""
        scene = self.scene
        light = np.zeros((scene.size, scene.size), np.float32)
        ideal_x, ideal_y = grid(scene)
        lost = (np.hypot(ideal_x - 400, ideal_y - 420) < 75) | (scene.rng("dust").uniform(size=ideal_x.size) < 0.05)
        for x, y, gone in zip(*distort(scene, ideal_x, ideal_y), lost, strict=True):
            if not gone:
                add_spot(light, float(x), float(y), RATE, FWHM / PER_SIGMA)
        bad = self.exposed("pinhole_dust", light, 10.0)
        good = self.raw("pinhole_0001")
        return (
            Side(True, "spots of one shape, all over the field", Look(good, between=(-2, 120))),
            Side(False, "dust: a corner without holes", Look(bad, between=(-2, 120))),
        )

    def psfstar(self) -> tuple[Side, Side]:
        """A star that moved."""
        light = self._star("psfstar", shifts=[(14 * s, 9 * s) for s in np.linspace(-0.5, 0.5, 57)])
        bad = self.exposed("psfstar_trailed", light, SECONDS)
        part = (258.0, 250.0, 110.0)
        return (
            Side(True, "a sharp, round core", Look(self.raw("psfstar_0001"), "log", "min-max", part=part)),
            Side(False, "guiding was lost: the star trailed", Look(bad, "log", "min-max", part=part)),
        )

    def fluxstar(self) -> tuple[Side, Side]:
        """A star that saturates."""
        bad = self.exposed("fluxstar_saturated", self._star("fluxstar", factor=100.0), SECONDS)
        part = (247.0, 262.0, 70.0)
        return (
            Side(True, "a core below the full well", Look(self.raw("fluxstar_0001"), "sqrt", "min-max", part=part)),
            Side(False, "cut off at the full well, 10,000 e-/s", Look(bad, "sqrt", "min-max", part=part)),
        )

    def fiber(self) -> tuple[Side, Side]:
        """Out of focus."""
        from scipy.ndimage import gaussian_filter

        bad = self.exposed("fiber_blurred", gaussian_filter(self._star("fiber"), 5.0), SECONDS)
        part = (256.0, 256.0, 90.0)
        return (
            Side(True, "a compact, round core", Look(self.raw("fiber_0001"), "log", "min-max", part=part)),
            Side(False, "out of focus: no core", Look(bad, "log", "min-max", part=part)),
        )

    def _star(self, key: str, shifts: list[tuple[float, float]] | None = None, factor: float = 1.0) -> np.ndarray:
        """Light of a point of the demo night, moved about or brighter."""
        point = next(point for point in POINTS if point.key == key)
        row, middle = FILTERS["K"], (self.scene.size - 1) / 2
        shifts = shifts or [(0.0, 0.0)]
        image = np.full((self.scene.size,) * 2, row.sky_rate if point.sky else 0.0, np.float32)
        for dx, dy in shifts:
            x, y = middle + point.offset[0] + dx, middle + point.offset[1] + dy
            add_light(image, x, y, factor * row.electrons(point.magnitude) / len(shifts), light_of(point))
        return image * vignetting(self.scene.size)

    def adc(self) -> tuple[Side, Side]:
        """Prisms at a wrong angle."""
        with fits.open(self.reference("adc_0002")) as hdus:
            table = hdus["ADC"].data
            wave, along = np.array(table["wavelength"], float), np.array(table["shift_along"], float)
        slope = 12.0 * (wave - wave.mean()) / (wave[-1] - wave[0])
        return (
            Side(True, "a shallow curve, below 1 mas", Spectrum(along, None, 1e3 * wave, "mas", "shift along")),
            Side(
                False,
                "a slope: prisms at a wrong angle",
                Spectrum(along + slope, None, 1e3 * wave, "mas", "shift along"),
            ),
        )

    # -- headers -----------------------------------------------------------------------------------------------------

    def environment(self) -> tuple[Side, Side]:
        """A sensor that was not read."""
        wanted = ("DATE-OBS", "TIME-OBS", "LGSR0", "LGSTHT0", "LGSTAU0", "LGSL0", "AIRMASS")
        return self._cards(wanted, {"LGSR0": 0.0, "LGSTHT0": "n/a", "LGSTAU0": None})

    def nfiraos(self) -> tuple[Side, Side]:
        """An open loop."""
        return self._cards(("AORATEHO", "LGSR0", "LGSTAU0", "LGSTHT0"), {"AORATEHO": 0.0, "LGSR0": 9.99})

    def psfmeta(self) -> tuple[Side, Side]:
        """Gaps."""
        wanted = ("FILTER", "WAVECEN", "SCALE", "LGSR0", "LGSTHT0", "LGSTAU0", "LGSL0")
        return self._cards(wanted, {"WAVECEN": None, "LGSTHT0": 0.0, "LGSL0": None})

    def telescope(self) -> tuple[Side, Side]:
        """Keywords that contradict one another."""
        wanted = ("TARGNAME", "RA", "DEC", "LST", "HA", "AZ", "EL", "AIRMASS", "PARANG", "PNTGST")
        return self._cards(wanted, {"EL": -12.0, "AIRMASS": 0.0, "PNTGST": "SLEWING"})

    def instrument(self) -> tuple[Side, Side]:
        """A keyword that is missing, and one that is mistyped."""
        source = self.night.raw / "iris_20260311_image_0001.fits"
        path = self.work / "mistyped" / source.name
        path.parent.mkdir(exist_ok=True)
        with fits.open(source) as hdus:
            del hdus[0].header["FILTER"]
            hdus[0].header["DETECTOR"] = "IRIS-1"
            hdus.writeto(path, overwrite=True)
        return (
            Side(True, "all that rules read is there", Cards(source, as_rules=True)),
            Side(False, "no FILTER, and a detector that nobody knows", Cards(path, as_rules=True)),
        )

    def _cards(self, wanted: tuple[str, ...], faults: Mapping[str, Any]) -> tuple[Side, Side]:
        """A part of an image's header, and the same with other values; None takes a card away."""
        source = self.night.raw / "iris_20260311_image_0001.fits"
        header, sides = fits.getheader(source), []
        for good in (True, False):
            part = fits.Header([header.cards[key] for key in wanted])
            for key, value in faults.items() if not good else ():
                if value is None:
                    del part[key]
                else:
                    part[key] = value
            path = self.work / ("good" if good else "bad") / source.name
            path.parent.mkdir(exist_ok=True)
            fits.PrimaryHDU(header=part).writeto(path, overwrite=True)
            text = "all there, agreeing with one another" if good else _told(faults)
            wrong = () if good else tuple(key for key, value in faults.items() if value is not None)
            sides.append(Side(good, text, Cards(path, wrong=wrong)))
        return sides[0], sides[1]

    def cube(self) -> Path:
        """A galaxy with a turning line of Paschen beta at redshift 0.3, under the OH lines of the sky.

        Returns
        -------
        pathlib.Path
        """
        rng = self.scene.rng("cube")
        wave = np.linspace(1620.0, 1720.0, 240)  # nm
        y, x = np.mgrid[:40, :44].astype(float)
        disc = 30.0 * np.exp(-np.hypot((x - 22) / 7, (y - 20) / 5))
        centre = 1281.8 * 1.3 + 1.2 * np.tanh((x - 22) / 6)
        line = np.exp(-0.5 * ((wave[:, None, None] - centre) / 0.6) ** 2)
        lines = line_list("OH").within(1615.0, 1725.0)
        sky = np.exp(-0.5 * ((wave[:, None] - lines.wavelength) / 0.25) ** 2) @ (40.0 * lines.intensity)
        light = disc * (1.0 + 4.0 * line) + sky[:, None, None] + 3.0
        cube = rng.poisson(50.0 * light) / 50.0
        header = fits.Header({"BUNIT": "electron/s", "CTYPE3": "WAVE", "CUNIT3": "nm", "CRPIX3": 1.0})
        header["CRVAL3"], header["CDELT3"] = wave[0], wave[1] - wave[0]
        path = self.work / "galaxy_cube.fits"
        hdus = [fits.PrimaryHDU(), fits.ImageHDU(cube.astype(np.float32), header, "SCI")]
        fits.HDUList(hdus).writeto(path, overwrite=True)
        return path

    def spectra(self) -> list[Spectrum]:
        """Two spectra of the arc, with the wavelengths of the cache.

        Returns
        -------
        list of Spectrum
        """
        image = self.raw("arc_0001").data
        with fits.open(self.reference("wavecal_0001")) as hdus:
            waves = np.array(hdus["WAVELENGTH"].data, float)
        with fits.open(self.reference("rectmat_0001")) as hdus:
            starts, high = hdus["SPECTRA"].data["first_row"], hdus["SCI"].data.shape[1]
        made = []
        for number in (10, 11):
            flux = image[starts[number] : starts[number] + high].sum(axis=0).astype(float)
            name = f"iris_20260311_arc_0001.fits, lenslet {number}"
            made.append(Spectrum(flux, None, 1e3 * waves[number], "electron/s", name))
        return made


def _bits(name: str, flagged: np.ndarray) -> Frame:
    return Frame(flagged.astype(np.float32), None, None, {}, Path(f"{name}.fits"))


def _told(faults: Mapping[str, Any]) -> str:
    gone = [key for key, value in faults.items() if value is None]
    wrong = [key for key, value in faults.items() if value is not None]
    parts = [f"wrong: {', '.join(wrong)}"] if wrong else []
    return "; ".join(parts + ([f"missing: {', '.join(gone)}"] if gone else []))
