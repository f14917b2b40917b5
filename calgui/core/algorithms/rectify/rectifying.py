"""An image without its distortion: every pixel of the output looks where the optics put it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.distortion.drawing import bent_grid, straight_grid
from calgui.core.algorithms.distortion.polynomials import Field
from calgui.core.algorithms.distortion.sip import SIP_LIMIT, Sip, read_sip, with_inverse
from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.kernels import compiled_rectifying
from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.matching import check_detector, check_subarray, check_type, done_before, serves, text
from calgui.core.algorithms.rectify.config import RectifyConfig
from calgui.core.algorithms.rectify.kernel import ORDERS, squared_weights
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

_BAND = 256
#: rows beyond those that are looked at: what the cubic spline's filter feels fades by 0.27 per pixel
_MARGIN = 16
#: rings about a bad pixel in which good ones are looked for
_RINGS = 8
#: inverse polynomials of a reference that are off by more pixels are found anew from the forward ones
_REDONE = 1e-4
#: lines of the grid on the picture
_LINES = 17
#: pixels of a field beyond the pinholes of the solution that are worth a word
_BEYOND = 64.0


def rectify(image: FrameLike, distortion: FrameLike, config: RectifyConfig, job: Job | None = None) -> Result:
    """Resample an image to ideal pixels.

    Parameters
    ----------
    image : FrameLike
        (ny, nx); a subarray is placed by SUBSTRT1 and SUBSTRT2.
    distortion : FrameLike
        Its header has SIP polynomials.
    config : RectifyConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        On the same grid of pixels, with errors and flags; marks of a grid, and how far it was moved.

    Raises
    ------
    InputError
        The distortion is of another detector or filter, or there is none in its header; or the image is blank.

    Notes
    -----
    Value of an ideal pixel: the spline through the measured pixels at the place where it is seen, times its area there
    (the determinant of the derivative), so that the sum over a star is the same before and after. NaN and pixels
    flagged DO_NOT_USE are replaced by their neighbours before, and flagged after. An error is the root of the sum of
    the squared weights times variances; errors of neighbours are correlated then (Fruchter & Hook 2002), so that the
    error of a sum of many pixels is larger than that of its parts in quadrature by NOISCORR.
    """
    job = job or Job("Rectify")
    told = check(image, distortion)
    here, there = region_of(image), _start(distortion)
    ny, nx = image.shape
    sip = read_sip(distortion.header, distortion.path).moved(there[0] - here.x, there[1] - here.y)
    field = Field(nx, ny)
    # forward from the place that is looked at must end at the ideal pixel
    _, error = sip.worst(field)
    if error > _REDONE:
        sip = with_inverse(sip, field, distortion.path)
        _, error = sip.worst(field)
    made = _Planes(image, sip, config)
    sums = over_bands(ny, _BAND, made.band, job, "Rectifying")
    _check_light(made, image)
    total, count = (sum(each) for each in zip(*sums, strict=True))
    factor = 1 / math.sqrt(total / count) if count and total else 1.0
    product = Frame(made.data, made.err if made.has_err else None, made.dq, _straight(image.header), image.path)
    told += _beyond(distortion, here.x - there[0], here.y - there[1], nx, ny)
    verdict, reasons = _judge(told, made, error, distortion)
    grid = _grid(sip, nx, ny)
    longest = float(np.hypot(*grid.vectors).max()) if grid.vectors is not None else 0.0
    job.report(1.0, "Rectified")
    return Result(
        frame=product,
        metrics=_metrics(distortion, sip, made, factor, longest, error),
        verdict=verdict,
        reasons=reasons,
        curves=(bent_grid(sip, nx, ny),),
        keywords={
            "S_DISTOR": ("COMPLETE", "distortion taken out"),
            "DISTKERN": (config.kernel, "interpolation between pixels"),
            "DISTCONS": (config.conserve, "what resampling kept"),
            "NOISCORR": (round(factor, 4), "noise of large sums over ERR in quadrature"),
        },
        marks=grid,
    )


def check(image: FrameLike, distortion: FrameLike) -> list[str]:
    """Whether a distortion is that of an image.

    Parameters
    ----------
    image, distortion : FrameLike
        Headers and shapes are looked at.

    Returns
    -------
    list of str
        What is to be known; sentences.

    Raises
    ------
    InputError
        It is not.
    """
    if len(image.shape) != 2:
        raise InputError(
            f"The image has {len(image.shape)} axes; two are needed.", path=image.path, cure="Fit ramps first."
        )
    check_subarray(image)
    check_type(distortion, ("DISTORTION",), "distortion")
    check_detector(image, distortion, "distortion")
    ours, theirs = text(image.header, "FILTER"), text(distortion.header, "FILTER")
    if ours and theirs and not serves(theirs, ours):
        raise InputError(
            f"FILTER is {ours}, that of the distortion {file_name(distortion)} is {theirs}.",
            path=image.path,
            cure="Choose a distortion of this filter: each has its own.",
        )
    return done_before(image, "S_DISTOR", "the distortion was taken out of")


def _start(distortion: FrameLike) -> tuple[int, int]:
    """First column and row of the picture that a distortion was found on, from 0."""
    x, y = (number(distortion.header, key) for key in ("SUBSTRT1", "SUBSTRT2"))
    return int(x or 1) - 1, int(y or 1) - 1


class _Planes:
    """The output, and how a band of it is made.

    Parameters
    ----------
    image : FrameLike
        The input.
    sip : Sip
        In its pixels.
    config : RectifyConfig
        Options.
    """

    def __init__(self, image: FrameLike, sip: Sip, config: RectifyConfig) -> None:
        self.image, self.sip, self.config = image, sip, config
        shape = image.shape[0], image.shape[1]
        self.data, self.err = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self.dq = np.empty(shape, np.uint32)
        self.lost = np.empty(shape, np.bool_)
        self.has_err = image.rows(0, 1).err is not None
        self.light = region_of(image)
        self.loops = compiled_rectifying()
        self.weights = squared_weights(config.kernel, self.loops.REACH)

    def band(self, start: int, stop: int) -> tuple[float, int]:
        """Rows ``start`` to ``stop`` of the output; the sum and number of squared weights."""
        from reproject import reproject_interp  # type: ignore[import-untyped]

        from calgui.core.algorithms.rectify.plane import Plane

        ny, nx = self.data.shape
        shape = (stop - start, nx)
        x, y = np.empty(shape), np.empty(shape)
        area = np.empty(shape, np.float32)
        self.loops.places(self.sip.ap, self.sip.bp, self.sip.x, self.sip.y, start, x, y, area)
        if self.config.conserve == "brightness":
            area.fill(1)
        top = min(max(int(y.min()) - _MARGIN, 0), ny - 1)
        bottom = min(max(int(y.max()) + _MARGIN + 1, top + 1), ny)
        data, err, dq = self.image.rows(top, bottom)
        dq = np.zeros(data.shape, np.uint32) if dq is None else np.ascontiguousarray(dq)
        dark = ~self.light.mask(top, bottom)
        gone = ~np.isfinite(data) | dark
        bad = gone | ((dq & np.uint32(flags.DO_NOT_USE)) != 0)
        filled = np.array(data, np.float32)
        self.loops.fill(filled, bad, _RINGS)
        with np.errstate(all="ignore"):
            resampled = reproject_interp(
                (filled, Plane(filled.shape, (x, y - top))),
                Plane(shape),
                shape_out=shape,
                order=ORDERS[self.config.kernel],
                return_footprint=False,
                roundtrip_coords=False,
            )
        errors = np.where(bad, np.float32(np.nan), err) if err is not None else np.ones(data.shape, np.float32)
        rows = slice(start, stop)
        total, count = self.loops.inherit(
            x, y, area, top, np.ascontiguousarray(errors, np.float32), dq, gone, self.weights,
            np.uint32(flags.DO_NOT_USE), self.err[rows], self.dq[rows], self.lost[rows],
        )  # fmt: skip
        self.data[rows] = np.where(self.lost[rows], np.nan, resampled * area)
        return float(total), int(count)


def _check_light(made: _Planes, image: FrameLike) -> None:
    """Refuse an image of which nothing is left: an empty file would look like a rectified one."""
    values = made.data[made.light.mask()]
    if np.isnan(values).all():
        raise InputError(
            "No pixel of the image can be used: all are NaN or flagged.", path=image.path, cure="Look at its DQ."
        )
    if not np.nan_to_num(values).any():
        raise InputError(
            "The image is blank: all its values are 0.", path=image.path, cure="Choose an exposure with light."
        )


def _straight(header: Mapping[str, Any]) -> dict[str, Any]:
    """A header without the distortion that is no longer in the picture, in its coefficients and in its projection."""
    kept = {key: value for key, value in header.items() if not _is_distortion(key)}
    for key in ("CTYPE1", "CTYPE2"):
        if isinstance(kept.get(key), str):
            kept[key] = kept[key].removesuffix("-SIP")
    return kept


def _is_distortion(keyword: str) -> bool:
    """Whether a keyword describes a distortion that the product has no more."""
    head = keyword.split("_")[0]
    return head in ("A", "B", "AP", "BP") and "_" in keyword


def _beyond(distortion: FrameLike, dx: int, dy: int, nx: int, ny: int) -> list[str]:
    """Whether the image reaches beyond the pinholes that the solution was found on."""
    header = distortion.header
    edges = [number(header, key) for key in ("DISTX1", "DISTX2", "DISTY1", "DISTY2")]
    if any(edge is None for edge in edges):
        return []
    left, right, low, high = (float(edge or 0) for edge in edges)
    over = max(left - dx, dx + nx - 1 - right, low - dy, dy + ny - 1 - high)
    pitch = number(header, "DISTSCAL") or _BEYOND / 2
    if over <= max(2 * pitch, 0.02 * max(nx, ny)):
        return []
    return [f"The image reaches {over:.0f} pixels beyond the pinholes of the solution, which is extrapolated there."]


def _judge(told: Sequence[str], made: _Planes, error: float, distortion: FrameLike) -> tuple[Verdict, tuple[str, ...]]:
    bad: list[str] = []
    inside = made.light.mask()
    lost = float(np.mean(made.lost[inside])) if inside.any() else 1.0
    if lost > 0.5:
        bad.append(f"{100 * lost:.0f} % of the pixels have no value (limit 50 %).")
    if not error < 0.01:
        bad.append(f"The inverse polynomials of {file_name(distortion)} are off by {error:.2g} pixel (limit 0.01).")
    doubtful = list(told)
    if 0.01 > error >= SIP_LIMIT:
        doubtful.append(
            f"The inverse polynomials of {file_name(distortion)} are off by {error:.2g} pixel (limit {SIP_LIMIT:g})."
        )
    said = text(distortion.header, "CALVERD")
    if said == "BAD":
        doubtful.append(f"The distortion {file_name(distortion)} was judged bad when it was made.")
    return "bad" if bad else "doubtful" if doubtful else "good", (*bad, *doubtful)


def _metrics(
    distortion: FrameLike, sip: Sip, made: _Planes, factor: float, longest: float, error: float
) -> dict[str, Metric]:
    inside = made.light.mask()
    flagged = (made.dq[inside] & np.uint32(flags.DO_NOT_USE)) != 0
    return {
        "distortion": Metric(file_name(distortion), "", "The solution that was used."),
        "order": Metric(sip.order, "", "Of its polynomials."),
        "max_shift_pixel": Metric(longest, "pixel", "Farthest that a place of the image was moved."),
        "inverse_error_pixel": Metric(error, "pixel", "Worst error of the places that were looked at."),
        "noise_correlation": Metric(
            factor,
            "",
            "Noise of a sum of many pixels over their errors in quadrature: neighbors are correlated.",
        ),
        "n_lost": Metric(
            int(made.lost[inside].sum()), "pixel", "Pixels without a value: seen outside, or where it is NaN."
        ),
        "flagged_fraction": Metric(
            float(flagged.mean()) if flagged.size else None, "", "Part of the light-sensitive pixels with DO_NOT_USE."
        ),
    }


def _grid(sip: Sip, nx: int, ny: int) -> Marks:
    """Nodes of a straight grid on the product; arrows point to where each was seen."""
    x, y = (each.ravel() for each in np.meshgrid(np.linspace(0, nx - 1, _LINES), np.linspace(0, ny - 1, _LINES)))
    at_x, at_y = sip.measured(x, y)
    straight = straight_grid(nx, ny)
    shift: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] = (at_x - x, at_y - y)
    return Marks(
        "grid",
        x,
        y,
        np.zeros(x.size, np.int64),
        ("node",),
        np.zeros(x.size, np.int64),
        vectors=shift,
        vectors_name="to where it was seen",
        values={
            "shift x (pixel)": shift[0],
            "shift y (pixel)": shift[1],
            "shift (pixel)": np.hypot(*shift),
            "seen at x (pixel)": at_x,
            "seen at y (pixel)": at_y,
        },
        # straight on the product, and as it was seen on the input
        lines={0: straight, 1: sip.measured(*straight)},
    )


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    if "DISTORTION" not in references:
        raise InputError("There is no distortion to take out.", cure="Give one, or a cache whose rules select one.")
    return rectify(frames[0], references["DISTORTION"], config, job)


ALGORITHMS = (
    Algorithm(
        name="rectify",
        title="Rectify",
        summary="Resamples an image to pixels without distortion, by the solution that the rules select or one given.",
        inputs="one image",
        config=RectifyConfig,
        run=_run,
        minimum_inputs=1,
        maximum_inputs=1,
        references=("DISTORTION",),
        source="Fruchter & Hook 2002; reproject",
    ),
)
