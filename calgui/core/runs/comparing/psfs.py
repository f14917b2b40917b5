"""A new PSF beside the one in use: both centred, of sum 1, and their difference; width, energy, core."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.known import known
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.psf.energy import RING, Rings, radius_of
from calgui.core.algorithms.psf.sampling import Shapes, shapes_of, shift_matrix
from calgui.core.algorithms.registry import Curve, Metric, algorithm
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import SIGMAS, Pair, header_of, table_of
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
        When one has no star, their plate scales differ, or the new one alone is of a fiber.
    """
    job = job or Job("Compare PSFs")
    if _is_fiber(new) and not _is_fiber(old):
        raise InputError(
            "The new one is of a fiber, which is not held to a star.", path=old.path, cure="Choose a fiber image."
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
    job.report(0.4, "Strehl ratio of the one in use")
    strehl, why = _strehl(new, old, job.part(0.4, 0.8))
    job.report(0.8, "Comparing")
    pairs = [strehl, *_widths(ours, theirs, mas)]
    metrics = _metrics(ours, theirs, difference, pairs)
    metrics["verdict_old"] = Metric(text(old.header, "CALVERD").lower() or None, "", "Verdict of the one in use.")
    noise = robust_sigma(difference)
    wide = max(_CHANGE, _SIGMA * noise)
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics, strehl, why),
        old.path,
        difference=Frame(difference, None, None, header_of(new, "1")),
        metrics=metrics,
        changes=(
            Changes("new", np.argwhere(difference > wide)),
            Changes("gone", np.argwhere(difference < -wide)),
        ),
        curves=(_growth_curve(ours, theirs, mas),),
        tables=(table_of(pairs),),
    )


def _is_fiber(frame: Frame) -> bool:
    said = " ".join(str(frame.header.get(key) or "") for key in ("REFTYPE", "EXP_TYPE", "EXPTYPE", "OBSTYPE"))
    return "FIBER" in said.upper()


def _strehl(new: Frame, old: Frame, job: Job) -> tuple[Pair, str]:
    """Strehl ratios of both, and why there is none of the one in use."""
    ours, theirs = ([number(one.header, key) for key in ("STREHL", "STREHLER")] for one in (new, old))
    why = ""
    if theirs[0] is None and ours[0] is not None:
        theirs, why = _measured(new, old, job)
    error = math.hypot(ours[1], theirs[1]) if ours[1] is not None and theirs[1] is not None else None
    return Pair("strehl", "", ours[0], theirs[0], error, "Strehl ratio"), why


def _measured(new: Frame, old: Frame, job: Job) -> tuple[list[float | None], str]:
    """Strehl ratio of an exposure and its error, measured as that of the new one was."""
    how = algorithm("measure-psf")
    given = {"flux_radius": number(new.header, "PSFRAD") or 1000.0, "source_mas": number(new.header, "PSFSRC") or 0.0}
    for key, option in (("SCALE", "pixel_scale_mas"), ("PSFWAVE", "wavelength_um")):
        value = number(new.header, key)
        if value and number(old.header, "WAVECEN" if key == "PSFWAVE" else key) is None:
            given[option] = 1000 * value if key == "SCALE" else value
    if number(old.header, "WAVEMIN") is not None:
        given.pop("wavelength_um", None)
    given["flux_radius"] = max(given["flux_radius"], 20.0)
    try:
        made = how.run([old], {}, how.config(**given), job).metrics
    except CalguiError as error:
        return [None, None], f"{error.message} {error.cure}".strip()
    values = [made[name].value for name in ("strehl", "strehl_error")]
    return [float(value) if isinstance(value, int | float) else None for value in values], ""


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


def _widths(ours: Floats, theirs: Floats, mas: float) -> list[Pair]:
    """Widths and energy of both within the compared square."""
    found = []
    for image in (ours, theirs):
        at, grown = _growth(image)
        energy = [radius_of(at, grown, part, 1.0) * mas for part in (0.5, 0.8)]
        found.append([known(float(_shapes(image.astype(np.float32)).width[0]) * mas), *map(known, energy)])
    names = (
        ("fwhm", "Width at half maximum"),
        ("ee50", "Radius with half of the light"),
        ("ee80", "Radius with 80 % of the light"),
    )
    return [
        Pair(name, "mas", new, before, None, words) for (name, words), new, before in zip(names, *found, strict=True)
    ]


def _metrics(ours: Floats, theirs: Floats, difference: npt.NDArray[np.float32], pairs: list[Pair]) -> dict[str, Metric]:
    width = float(_shapes(ours.astype(np.float32)).width[0])
    core = np.hypot(*(np.indices(ours.shape) - ours.shape[0] // 2)) <= max(width, 2.0)
    ratio = float(ours.max() / theirs.max())
    made = {name: metric for pair in pairs for name, metric in pair.metrics().items()}
    return made | {
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


def _sentence(old: Frame, metrics: dict[str, Metric], strehl: Pair, why: str) -> str:
    name = old.path.name if old.path is not None else "the one in use"
    ratio, new, before = (metrics[key].value for key in ("peak_ratio", "fwhm_new_mas", "fwhm_old_mas"))
    said = f"Against {name}"
    if isinstance(ratio, float):
        said += f" the peak is {ratio:.2f} times as high"
    if isinstance(new, float) and isinstance(before, float):
        said += f", the width {new:.1f} mas (was {before:.1f})"
    if strehl.difference is None:
        none = f" Its Strehl ratio is not known: {why}" if why else ""
        return f"{said}.{none}"
    said += f", the Strehl ratio {strehl.new:.3f} (was {strehl.old:.3f})"
    if strehl.sigmas is None or not strehl.error:
        return f"{said}."
    apart = f"{strehl.sigmas:.1f} sigma of {strehl.error:.3f}"
    if strehl.sigmas > SIGMAS:
        return f"{said}: {apart}, more than {SIGMAS:g}: they differ."
    return f"{said}: {apart}: they agree."
