"""A new PSF beside the one in use: both centred, of sum 1, and their difference; width, energy, core."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.psf.energy import RING, Rings, radius_of
from calgui.core.algorithms.psf.sampling import Shapes, shapes_of, shift_matrix
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Changes, Comparison

Floats = npt.NDArray[np.float64]

#: half the side of what is compared, pixels, and the least
_HALF, _LEAST = 120, 8
#: pixels around the brightest one of a reference in which its peak is sought
_AROUND = 30
#: full band: nothing is known of the optics of a file
_BAND = 2.0
#: plate scales that differ by more than this part are refused
_SCALES = 0.02
#: a difference over the peak above this is worth a place in the list, if it is that many sigma of the difference
_CHANGE, _SIGMA = 0.02, 6.0


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two PSFs.

    Parameters
    ----------
    new : Frame
        (ny, nx), of sum 1.
    old : Frame
        Another, or an image with one star; its level is taken off.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        The picture is new less old over the peak of the new, both within the same square and of sum 1 there.

    Raises
    ------
    InputError
        When one has no star, their plate scales differ, or the new one is of a fiber.
    """
    job = job or Job("Compare PSFs")
    if "FIBER" in str(new.header.get("EXP_TYPE") or "").upper():
        raise InputError(
            "The new one is of a fiber, which is not held to a star.", path=old.path, cure="Compare it by hand."
        )
    if new.data.ndim != 2 or old.data.ndim != 2:
        raise InputError("It is no image.", path=old.path, cure="Choose a PSF that is an image.")
    scales = [number(frame.header, "SCALE") for frame in (new, old)]
    if scales[0] and scales[1] and abs(scales[0] / scales[1] - 1) > _SCALES:
        raise InputError(
            f"Its plate scale is {1000 * scales[1]:g} mas, that of the new one {1000 * scales[0]:g} mas.",
            path=old.path,
            cure="Compare PSFs of one plate scale.",
        )
    half = min(_HALF, *(min(frame.shape) // 2 - 2 for frame in (new, old)))
    if half < _LEAST:
        raise InputError("There are too few pixels to compare.", path=old.path, cure="Choose a larger PSF.")
    job.report(0.2, "Centring")
    ours, theirs = _centred(new, half), _centred(old, half)
    mas = 1000 * scales[0] if scales[0] else 1.0
    peak = float(ours.max())
    difference = ((ours - theirs) / peak).astype(np.float32)
    job.report(0.7, "Comparing")
    metrics = _metrics(ours, theirs, difference, mas)
    noise = robust_sigma(difference)
    wide = max(_CHANGE, _SIGMA * noise)
    header = {key: value for key, value in new.header.items() if key not in {"HISTORY", "COMMENT"}}
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=Frame(difference, None, None, header | {"BUNIT": "1"}),
        metrics=metrics,
        changes=(
            Changes("new", np.argwhere(difference > wide)),
            Changes("gone", np.argwhere(difference < -wide)),
        ),
        curves=(_growth_curve(ours, theirs, mas),),
    )


def _centred(frame: Frame, half: int) -> Floats:
    """A square around the peak, without its level, of sum 1."""
    data = frame.data.astype(np.float64)
    good = np.isfinite(data)
    if frame.dq is not None:
        good &= (frame.dq & np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL)) == 0
    if not good.any():
        raise InputError("It has no usable pixel.", path=frame.path, cure="Choose another PSF.")
    level = float(np.median(data[good])) if abs(data[good].sum() - 1) > 0.01 else 0.0
    data = np.where(good, data - level, 0.0)
    from scipy.ndimage import uniform_filter

    row, column = np.unravel_index(int(uniform_filter(data, 3).argmax()), data.shape)
    reach = min(_AROUND, row, column, data.shape[0] - 1 - row, data.shape[1] - 1 - column)
    if reach < _LEAST or data[row, column] <= 0:
        raise InputError("There is no star away from its edges.", path=frame.path, cure="Choose another PSF.")
    cut = data[row - reach : row + reach + 1, column - reach : column + reach + 1].astype(np.float32)
    found = _shapes(cut)
    y, x = row - reach + float(found.y[0]), column - reach + float(found.x[0])
    count = 2 * half + 1
    made = (
        shift_matrix(data.shape[0], y - half, 1.0, count, _BAND)
        @ data
        @ shift_matrix(data.shape[1], x - half, 1.0, count, _BAND).T
    )
    total = float(made.sum())
    if not total > 0:
        raise InputError("Its light has no positive sum.", path=frame.path, cure="Choose another PSF.")
    return np.asarray(made / total)


def _shapes(cut: npt.NDArray[np.float32]) -> Shapes:
    middle = np.array([cut.shape[0] // 2], np.float64)
    return shapes_of(cut[None], np.zeros_like(cut)[None], middle, middle.copy(), _BAND, 4.0)


def _growth(image: Floats) -> tuple[Floats, Floats]:
    """Radii in pixels, and the light within, as `measure-psf` counts it."""
    from calgui.core.algorithms.kernels.psf import ring_sums

    half = image.shape[0] // 2
    rings = Rings(*(np.zeros((1, int(half / RING))) for _ in range(5)))
    ring_sums(
        image.astype(np.float32), np.ones(image.shape, np.bool_), np.zeros(image.shape, np.float32),
        np.zeros(image.shape, np.uint8), 0.0, float(half), float(half), RING,
        rings.sums[0], rings.count[0], rings.noise[0], rings.square[0], rings.whole[0],
    )  # fmt: skip
    return rings.edges, rings.of(0).growth(0.0)


def _metrics(ours: Floats, theirs: Floats, difference: npt.NDArray[np.float32], mas: float) -> dict[str, Metric]:
    widths, halves = [], []
    for image in (ours, theirs):
        found = _shapes(image.astype(np.float32))
        widths.append(float(found.width[0]) * mas)
        at, grown = _growth(image)
        halves.append(radius_of(at, grown, 0.5, 1.0) * mas)
    core = np.hypot(*(np.indices(ours.shape) - ours.shape[0] // 2)) <= max(widths[0] / mas, 2.0)
    ratio = float(ours.max() / theirs.max())

    def known(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "fwhm_new_mas": Metric(known(widths[0]), "mas", "Width of the new one at half maximum."),
        "fwhm_old_mas": Metric(known(widths[1]), "mas", "Width of the one in use."),
        "ee50_new_mas": Metric(known(halves[0]), "mas", "Radius that holds half of the light of the compared square."),
        "ee50_old_mas": Metric(known(halves[1]), "mas", "The same of the one in use."),
        "peak_ratio": Metric(
            known(ratio), "", "Peak of the new one over that of the one in use: that of Strehl ratios."
        ),
        "core_rms": Metric(
            float(np.sqrt(np.mean(np.square(difference[core], dtype=np.float64)))),
            "",
            "Of the difference in the core, over the peak.",
        ),
    }


def _growth_curve(ours: Floats, theirs: Floats, mas: float) -> Curve:
    lines = {name: _growth(image) for name, image in (("new", ours), ("in use", theirs))}
    return Curve(
        "Energy of both",
        "radius (mas)",
        "part of the light",
        {name: (at * mas, grown) for name, (at, grown) in lines.items()},
    )


def _sentence(old: Frame, metrics: dict[str, Metric]) -> str:
    name = old.path.name if old.path is not None else "the one in use"
    ratio, new, before = (metrics[key].value for key in ("peak_ratio", "fwhm_new_mas", "fwhm_old_mas"))
    text = f"Against {name}"
    if isinstance(ratio, float):
        text += f" the peak is {ratio:.2f} times as high"
    if isinstance(new, float) and isinstance(before, float):
        text += f", the width {new:.1f} mas (was {before:.1f})"
    return text + "."
