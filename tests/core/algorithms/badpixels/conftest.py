"""A structured detector with bad pixels of every kind, made with numpy alone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from calgui.core.frames import dq
from calgui.core.frames.frame import Frame

SIZE, SECONDS, FLAT_SECONDS, LAMP = 256, 100.0, 10.0, 2000.0
HEADER: dict[str, Any] = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "SUBARRAY": "FULL",
    "READMODE": "CDS",
    "BUNIT": "electron",
    "IMGDTEMP": 76.0,
    "DATE-OBS": "2026-03-11",
}
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Chip:
    """What each pixel truly is.

    Attributes
    ----------
    rate : ndarray
        Dark current, e-/s, hot pixels included.
    noise : ndarray
        Of one exposure, e-: steps from amplifier to amplifier.
    response : ndarray
        To light, dust and pixel to pixel scatter included.
    excess : ndarray
        Of hot pixels, e-/s.
    step : ndarray
        Of two-state pixels, e-.
    frozen : ndarray
        Value of pixels that never change, e-; NaN for the others.
    places : dict of str to (n, 2) arrays
        Row and column by kind.
    """

    rate: npt.NDArray[np.float64]
    noise: npt.NDArray[np.float64]
    response: npt.NDArray[np.float64]
    excess: npt.NDArray[np.float64]
    step: npt.NDArray[np.float64]
    frozen: npt.NDArray[np.float64]
    places: dict[str, Places]

    def which(self, kind: str) -> npt.NDArray[np.bool_]:
        """Map of one kind."""
        made = np.zeros(self.rate.shape, bool)
        made[tuple(self.places[kind].T)] = True
        return made


def make_chip(seed: int = 1, size: int = SIZE) -> Chip:
    """Four amplifiers of level 0.02 to 0.5 e-/s and noise 9 to 16 e-, a gradient, glow in a corner, dust."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    amplifier = (4 * x).astype(int)
    rate = np.array([0.02, 0.5, 0.1, 0.3])[amplifier] + 0.3 * y + 0.8 * np.exp(-((x - 1) ** 2 + y**2) / 0.03)
    noise = np.array([9.0, 13.0, 16.0, 11.0])[amplifier]
    dust = 1 - 0.06 * np.exp(-((x - 0.3) ** 2 + (y - 0.6) ** 2) / 0.002)
    response = dust * (1 - 0.2 * ((x - 0.5) ** 2 + y**2)) * (1 + 0.012 * rng.standard_normal((size, size)))
    step, excess = np.zeros((size, size)), np.zeros((size, size))
    frozen = np.full((size, size), np.nan)
    # on a grid of every third pixel, so that no kind is beside another
    grid = np.stack(np.meshgrid(np.arange(6, size - 6, 3), np.arange(6, size - 6, 3)), -1).reshape(-1, 2)
    rng.shuffle(grid)
    numbers = {"hot": 400, "warm": 60, "dead": 80, "low": 60, "open": 12, "telegraph": 80, "noisy": 60, "frozen": 12}
    ends = np.cumsum(list(numbers.values()))
    places = dict(zip(numbers, np.split(grid[: ends[-1]], ends[:-1]), strict=True))

    def put(plane: npt.NDArray[np.float64], kind: str, values: Any) -> None:
        plane[tuple(places[kind].T)] = values

    sigma = 1.22 * np.sqrt(noise**2 + rate * SECONDS) / 3 / SECONDS  # of the median of nine
    where = {kind: tuple(part.T) for kind, part in places.items()}
    put(excess, "hot", sigma[where["hot"]] * 10 ** rng.uniform(0.8, 3.0, numbers["hot"]))
    put(excess, "warm", sigma[where["warm"]] * rng.uniform(8.0, 9.5, numbers["warm"]))
    put(response, "dead", 0.0)
    put(response, "low", response[where["low"]] * rng.uniform(0.15, 0.6, numbers["low"]))
    for row, column in places["open"]:
        response[row, column] *= 0.1
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            response[row + dy, column + dx] *= 1.2
    put(step, "telegraph", noise[where["telegraph"]] * rng.uniform(9, 40, numbers["telegraph"]))
    put(noise, "noisy", noise[where["noisy"]] * 12)
    put(frozen, "frozen", 5000.0)
    return Chip(rate + excess, noise, response, excess, step, frozen, places)


MakeFrames = Callable[..., list[Frame]]


def _darks(chip: Chip, n: int = 9, seed: int = 2, hits: float = 0.004, **header: Any) -> list[Frame]:
    rng = np.random.default_rng(seed)
    size = chip.rate.shape[0]
    # every two-state pixel is up in three frames or more, and down in as many
    up = np.argsort(rng.random((n, *chip.rate.shape)), axis=0) < rng.integers(3, max(n - 2, 4), chip.rate.shape)
    frames = []
    for index in range(n):
        data = rng.poisson(chip.rate * SECONDS) + chip.noise * rng.standard_normal((size, size))
        data += chip.step * up[index]
        struck = rng.random((size, size)) < hits
        data[struck] += rng.exponential(1500.0, int(struck.sum()))
        frames.append(_frame(chip, data, "IRIS_DARK", SECONDS, f"dark_{index}.fits", header))
    return frames


def _flats(chip: Chip, n: int = 3, seed: int = 3, lamp: float = LAMP, **header: Any) -> list[Frame]:
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(n):
        electrons = rng.poisson((chip.rate + lamp * chip.response) * FLAT_SECONDS).astype(float)
        data = electrons + chip.noise * rng.standard_normal(chip.rate.shape)
        frames.append(_frame(chip, data, "IRIS_FLAT", FLAT_SECONDS, f"flat_{index}.fits", header))
    return frames


def _frame(chip: Chip, data: Any, kind: str, seconds: float, name: str, header: dict[str, Any]) -> Frame:
    data = np.where(np.isnan(chip.frozen), data, chip.frozen)
    border = np.ones(data.shape, bool)
    border[4:-4, 4:-4] = False
    data[border] = np.random.default_rng(len(name)).normal(5000, 30, int(border.sum()))
    cards = HEADER | {"EXP_TYPE": kind, "EXPTIME": seconds} | header
    return Frame(data.astype(np.float32), None, None, {k: v for k, v in cards.items() if v is not None}, Path(name))


@pytest.fixture(scope="session")
def chip() -> Chip:
    """The detector."""
    return make_chip()


@pytest.fixture(scope="session")
def clean() -> Chip:
    """The same without any bad pixel."""
    made = make_chip()
    rate, response = made.rate - made.excess, made.response.copy()
    for kind in ("dead", "low", "open"):
        response[made.which(kind)] = 1.0
    for row, column in made.places["open"]:
        response[row, column - 1 : column + 2] = response[row - 1 : row + 2, column] = 1.0
    noise = np.where(made.which("noisy"), made.noise / 12, made.noise)
    nothing = np.full(rate.shape, np.nan)
    return replace(made, rate=rate, noise=noise, response=response, excess=0 * rate, step=0 * rate, frozen=nothing)


@pytest.fixture(scope="session")
def make_darks() -> MakeFrames:
    """A maker of darks of a detector: 100 s, cosmic rays in four of a thousand pixels."""
    return _darks


@pytest.fixture(scope="session")
def make_flats() -> MakeFrames:
    """A maker of flats: 20,000 electrons in 10 s."""
    return _flats


@pytest.fixture
def mark() -> Callable[[npt.NDArray[np.uint32], str], npt.NDArray[np.bool_]]:
    """Pixels of a map with any of some flags, ``HOT|WARM``."""
    return lambda plane, names: (plane & sum(dq.BY_NAME[name].value for name in names.split("|"))) != 0
