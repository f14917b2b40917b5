"""A new distortion beside the one in use: what both do to the same pixels, the linear part apart."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.drawing import bent
from calgui.core.algorithms.distortion.polynomials import Field
from calgui.core.algorithms.distortion.sip import read_sip
from calgui.core.algorithms.distortion.verdict import BUDGET
from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.matching import check_detector
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import check_serves, header_of
from calgui.core.runs.comparing.values import Comparison

Floats = npt.NDArray[np.float64]

#: places along each axis at which both are asked
_GRID = 129


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two distortions of one detector.

    Parameters
    ----------
    new, old : Frame
        Headers with SIP polynomials; no pixel is looked at.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        Ideal pixels by the new one less those by the old one, less the affine map that fits best to that: a mask gives
        no linear part, and each solution has its own. The difference's data are the length of that, in pixels of the
        detector.

    Raises
    ------
    InputError
        One of them is of another detector or filter, or has no polynomials.
    """
    job = job or Job("Compare distortions")
    check_detector(new, old, "distortion")
    check_serves(new, old, "FILTER")
    (nx, ny), (dx, dy) = _size(new, old), _apart(new, old)
    mine, other = read_sip(new.header, new.path), read_sip(old.header, old.path).moved(dx, dy)
    field = Field(nx, ny)
    x, y = field.grid(_GRID)
    job.report(0.2, "Comparing on a grid")
    whole = np.asarray(_complex(mine.ideal(x, y)) - _complex(other.ideal(x, y)), np.complex128)
    columns = np.stack([np.ones(x.size), *field.normalized(x, y)], axis=1)
    affine = np.asarray(np.linalg.lstsq(columns, whole, rcond=None)[0], np.complex128)
    left = np.asarray(whole - columns @ affine, np.complex128)
    length = np.abs(left).reshape(_GRID, _GRID)
    metrics = _metrics(whole, left, affine, field)

    def difference(at_x: Floats, at_y: Floats) -> tuple[Floats, Floats]:
        there = np.stack([np.ones(at_x.size), *field.normalized(at_x, at_y)], axis=1)
        made = _complex(mine.ideal(at_x, at_y)) - _complex(other.ideal(at_x, at_y)) - there @ affine
        return made.real, made.imag

    curve = bent("A straight grid, and the difference of the two", "difference", difference, nx, ny)
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=Frame(_spread(length, nx, ny), None, None, header_of(new, "pixel")),
        metrics=metrics,
        curves=(curve,),
    )


def _complex(places: tuple[Floats, Floats]) -> npt.NDArray[np.complex128]:
    return np.asarray(places[0] + 1j * places[1], np.complex128)


def _size(new: Frame, old: Frame) -> tuple[int, int]:
    """Columns and rows of what both are for."""
    for frame in (new, old):
        for keys in (("DISTNX", "DISTNY"), ("SUBSIZE1", "SUBSIZE2"), ("DETXSIZE", "DETYSIZE")):
            found = [number(frame.header, key) for key in keys]
            if all(found):
                return int(found[0] or 0), int(found[1] or 0)
    # the reference pixel is the middle, as it usually is
    x, y = (number(new.header, key) or 0 for key in ("CRPIX1", "CRPIX2"))
    if x < 1 or y < 1:
        raise InputError("The size of the picture is not known.", path=new.path, cure="Add DISTNX and DISTNY.")
    return max(round(2 * x - 1), 2), max(round(2 * y - 1), 2)


def _apart(new: Frame, old: Frame) -> tuple[float, float]:
    """What is to be added to pixels of the old one to have those of the new one."""
    starts = [[number(frame.header, key) or 1.0 for key in ("SUBSTRT1", "SUBSTRT2")] for frame in (new, old)]
    return starts[1][0] - starts[0][0], starts[1][1] - starts[0][1]


def _spread(grid: Floats, nx: int, ny: int) -> npt.NDArray[np.float32]:
    """The values of the grid for every pixel, straight between its places."""

    def between(count: int) -> npt.NDArray[np.float32]:
        at = (np.arange(count) + 0.5) / count * (_GRID - 1)
        low = np.minimum(at.astype(np.intp), _GRID - 2)
        made = np.zeros((count, _GRID), np.float32)
        made[np.arange(count), low], made[np.arange(count), low + 1] = 1 - (at - low), at - low
        return made

    made: npt.NDArray[np.float32] = between(ny) @ grid.astype(np.float32) @ between(nx).T
    return made


def _metrics(
    whole: npt.NDArray[np.complex128],
    left: npt.NDArray[np.complex128],
    affine: npt.NDArray[np.complex128],
    field: Field,
) -> dict[str, Metric]:
    du, dv = affine[1] / field.half[0], affine[2] / field.half[1]
    # the symmetric and the turning part of the affine map
    scale, turn = (du.real + dv.imag) / 2, (du.imag - dv.real) / 2
    shear = math.hypot(du.real - dv.imag, du.imag + dv.real)
    return {
        "rms_pixel": Metric(
            math.sqrt(float(np.mean(np.abs(left) ** 2)) / 2),
            "pixel",
            "Of the difference per axis, its linear part apart.",
        ),
        "max_pixel": Metric(float(np.abs(left).max()), "pixel", "Longest difference, likewise."),
        "with_linear_max_pixel": Metric(
            float(np.abs(whole).max()), "pixel", "Longest difference with its linear part: what an image would see."
        ),
        "scale_difference": Metric(float(scale), "", "Of the linear part: new over old, less 1."),
        "rotation_difference_deg": Metric(math.degrees(float(turn)), "degree", "Likewise."),
        "shear_difference": Metric(shear, "", "Likewise: largest less smallest scale of any direction."),
        "shift_pixel": Metric(float(abs(affine[0])), "pixel", "Likewise: at the middle."),
    }


def _sentence(old: Frame, metrics: dict[str, Metric]) -> str:
    rms, most = metrics["rms_pixel"].value, metrics["max_pixel"].value
    assert isinstance(rms, float)
    assert isinstance(most, float)
    said = f"Against {file_name(old)} ideal pixels differ by {rms:.2g} pixel per axis, at most {most:.2g}"
    said += ", the linear part apart"
    if rms < BUDGET:
        return f"{said}: less than the astrometric budget of {BUDGET:g}."
    return f"{said}: more than the astrometric budget of {BUDGET:g}."
