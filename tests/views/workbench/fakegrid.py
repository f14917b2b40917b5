"""An algorithm for tests alone: bright spots of a grid found once, and a polynomial fitted to them, order by option."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.options import option
from calgui.core.algorithms.positions import nearest, parse_positions
from calgui.core.algorithms.registry import Algorithm, Metric, Result, in_two_steps
from calgui.core.errors import AlgorithmError
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job

PITCH, SIDE, COUNT = 16, 160, 9
STATES = ("used", "rejected", "excluded", "missing")
#: how often the slow part was done; it waits for `gate` where that is not set
measured: list[int] = []
gate = threading.Event()
gate.set()


@dataclass(frozen=True)
class GridConfig:
    """Options of both parts."""

    threshold: float = option(500.0, "Spots are brighter.", minimum=1)
    order: int = option(1, "Of the polynomial.", minimum=0, maximum=5)
    exclude: str = option("", "Spots that are left out: x,y in pixels.")
    add: str = option("", "Places of further spots.")


@dataclass(frozen=True)
class Spots:
    """Indices and places of the spots of all inputs, and the first picture."""

    i: Any
    j: Any
    x: Any
    y: Any
    number: Any
    picture: Frame


def _measure(frames: Sequence[FrameLike], _references: Mapping[str, FrameLike], config: GridConfig, job: Job) -> Spots:
    found: list[tuple[int, int, float, float, int]] = []
    pictures = []
    for number, frame in enumerate(frames, start=1):
        job.report(number / (len(frames) + 1), f"Spots of input {number}")
        while not gate.wait(0.01):
            job.report(number / (len(frames) + 1), f"Spots of input {number}")
        data = frame.rows(0, frame.shape[-2]).data
        pictures.append(Frame(data, None, None, frame.header, frame.path))
        for j in range(COUNT):
            for i in range(COUNT):
                x, y = PITCH * (i + 1), PITCH * (j + 1)
                part = data[y - 6 : y + 7, x - 6 : x + 7]
                if part.max() <= config.threshold:
                    found.append((i, j, np.nan, np.nan, number))
                    continue
                rows, columns = np.indices(part.shape)
                flux = np.clip(part - 100, 0, None)
                found.append((i, j, x - 6 + (columns * flux).sum() / flux.sum(),
                              y - 6 + (rows * flux).sum() / flux.sum(), number))  # fmt: skip
    measured.append(len(frames))
    return Spots(*(np.array(column) for column in zip(*found, strict=True)), picture=pictures[0])


def _refit(spots: Spots, config: GridConfig, _job: Job) -> Result:
    there = np.isfinite(spots.x)
    out = nearest(parse_positions(config.exclude, "exclude"), spots.x, spots.y, spots.number, 5.0)
    excluded = np.isin(np.arange(spots.x.size), out)
    use = there & ~excluded
    terms = [
        spots.i**a * spots.j**b / 9.0 ** (a + b) for a in range(config.order + 1) for b in range(config.order + 1 - a)
    ]
    design = np.column_stack([np.asarray(term, float) for term in terms])
    if use.sum() <= 2 * len(terms):
        raise AlgorithmError("There are too few spots for this order.", cure="Lower order, or exclude fewer.")
    model = [design @ np.linalg.lstsq(design[use], values[use], rcond=None)[0] for values in (spots.x, spots.y)]
    dx, dy = spots.x - model[0], spots.y - model[1]
    rms = float(np.sqrt(np.mean(dx[use] ** 2 + dy[use] ** 2)))
    state = np.where(~there, 3, np.where(excluded, 2, np.where(np.hypot(dx, dy) > 6 * rms, 1, 0)))
    x, y = np.where(there, spots.x, model[0]), np.where(there, spots.y, model[1])
    added = parse_positions(config.add, "add")
    count = len(added)
    label = tuple(f"{i}, {j}" for i, j in zip(spots.i, spots.j, strict=True)) + ("added",) * count
    nan = np.full(count, np.nan)
    marks = Marks(
        "spots",
        np.append(x, [place.x for place in added]),
        np.append(y, [place.y for place in added]),
        np.append(state, np.zeros(count, int)),
        STATES,
        np.append(spots.number, [place.number for place in added]).astype(int),
        label,
        (np.append(dx, nan), np.append(dy, nan)),
        "residual",
        {"FWHM (pixel)": np.append(2 + spots.i / 10 + spots.j / 100, nan)},
        toggles="exclude",
        adds="add",
        lines={1: (np.array([16.0, 144.0, np.nan, 16.0, 144.0]), np.array([16.0, 16.0, np.nan, 144.0, 144.0]))},
    )
    metrics = {"rms": Metric(rms, "pixel", "Scatter."), "n_used": Metric(int(use.sum()), "", "Spots.")}
    table = ExtraHdu("SPOTS", {"x": x, "y": y}, {"x": "pixel", "y": "pixel"})
    return Result(None, metrics, extensions=(table,), picture=spots.picture, marks=marks)


GRID = Algorithm(
    "fake-grid", "Grid of spots", "Finds spots and fits a polynomial to them.", "pictures of the grid", GridConfig,
    in_two_steps(_measure, _refit), product="DISTORTION", measure=_measure, refit=_refit,
    refits=("order", "exclude", "add"),
)  # fmt: skip


def write_grid(path: Path, seed: int, moved: tuple[int, int] = (4, 2), lost: tuple[int, int] = (7, 7)) -> Path:
    """A picture of the grid: one spot lies 1.5 pixel off, one is not there.

    Parameters
    ----------
    path : pathlib.Path
        The new file.
    seed : int
        Of the noise.
    moved, lost : tuple of int
        Indices of those spots.

    Returns
    -------
    pathlib.Path
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE))
    data = np.full((SIDE, SIDE), 100.0)
    for j in range(COUNT):
        for i in range(COUNT):
            if (i, j) == lost:
                continue
            x, y = PITCH * (i + 1) + 0.01 * (i - 4) ** 2, PITCH * (j + 1) + 0.005 * i * j
            if (i, j) == moved:
                x += 1.8
            data += 5000 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 3)
    hdu = fits.PrimaryHDU((data + rng.normal(0, 1, data.shape)).astype(np.float32))
    hdu.header["INSTRUME"], hdu.header["DATE-OBS"], hdu.header["TIME-OBS"] = "IRIS", "2026-03-11", "01:00:00"
    hdu.writeto(path, overwrite=True)
    return path
