"""A new bad pixel map beside the one in use: pixels that came, went, or changed their kind."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.badpixels.converting import ConvertConfig, convert_mask
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.registry import Metric, Table
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import header_of
from calgui.core.runs.comparing.values import Changes, Comparison

_BORDER = flags.REFERENCE_PIXEL | flags.NON_SCIENCE
#: what says why a pixel is bad; that it is not to be used follows from it
_KINDS = np.uint32(0xFFFFFFFF & ~(_BORDER | flags.DO_NOT_USE))
#: under this part in common two maps of one detector hardly speak of the same pixels
_ALIKE = 0.5


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two bad pixel maps of the same part of a detector.

    Parameters
    ----------
    new, old : Frame
        With data quality; an old one of other values is converted where its meaning is certain, and the new one's part
        is cut out of it where it is larger.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        The difference's data are 1 for new bad pixels, -1 for those that are gone, 0.5 for those of another kind; its
        DQ holds the bits that came or went.

    Raises
    ------
    InputError
        When sizes or places differ, or a map cannot be understood.
    """
    job = job or Job("Compare bad pixel maps")
    ours, theirs = _bits(new, job), _part(new, old, _bits(old, job))
    job.report(0.3, "Comparing")
    light = ((ours | theirs) & np.uint32(_BORDER)) == 0
    now, before = _flagged(ours, light), _flagged(theirs, light)
    born, gone = now & ~before, before & ~now
    moved = now & before & ((ours & _KINDS) != (theirs & _KINDS)) & ((ours & _KINDS) != 0) & ((theirs & _KINDS) != 0)
    job.report(0.6, "Comparing")
    picture = np.zeros(ours.shape, np.float32)
    picture[born], picture[gone], picture[moved] = 1, -1, 0.5
    differ: DqArray = np.where(light, ours ^ theirs, np.uint32(0))
    metrics = _metrics(ours, theirs, light, born, gone, moved)
    changes = (
        _changes("new", born, ours, theirs),
        _changes("gone", gone, ours, theirs),
        _changes("changed", moved, ours, theirs),
    )
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=Frame(picture, None, differ, header_of(new)),
        metrics=metrics,
        changes=changes,
        tables=(_by_flag(ours, theirs, light),),
    )


def _bits(frame: Frame, job: Job) -> DqArray:
    if frame.dq is not None:
        return frame.dq
    made = convert_mask(frame, ConvertConfig(), job.part(0, 0.2)).frame
    assert made is not None
    assert made.dq is not None
    return made.dq


def _part(new: Frame, old: Frame, bits: DqArray) -> DqArray:
    """The new map's part of the old one: a map of the whole detector serves every subarray."""
    here, there = region_of(new), region_of(old)
    left, low = here.x - there.x, here.y - there.y
    if bits.ndim == 2 and left >= 0 and low >= 0 and low + here.ny <= there.ny and left + here.nx <= there.nx:
        return bits[low : low + here.ny, left : left + here.nx]
    raise InputError(
        f"It shows columns {there.x + 1} to {there.x + there.nx}, rows {there.y + 1} to {there.y + there.ny} of the "
        f"detector, the new map {here.x + 1} to {here.x + here.nx} and {here.y + 1} to {here.y + here.ny}.",
        path=old.path,
        cure="Choose a map of this part of the detector.",
    )


def _flagged(bits: DqArray, light: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    made: npt.NDArray[np.bool_] = light & ((bits & (_KINDS | np.uint32(flags.DO_NOT_USE))) != 0)
    return made


def _changes(way: str, which: npt.NDArray[np.bool_], ours: DqArray, theirs: DqArray) -> Changes:
    places = np.argwhere(which)
    at = places[:, 0], places[:, 1]
    if way == "changed":
        pairs = zip(ours[at].tolist(), theirs[at].tolist(), strict=True)
        details = tuple(f"{_names(before)} → {_names(now)}" for now, before in pairs)
        return Changes("changed", places, details)
    bits = ours[at] if way == "new" else theirs[at]
    return Changes("new" if way == "new" else "gone", places, tuple(_names(value) for value in bits.tolist()))


@cache
def _names(value: int) -> str:
    names = [name for name in flags.decode(value) if name != "DO_NOT_USE"]
    return " ".join(names) or "DO_NOT_USE"


def _metrics(
    ours: DqArray,
    theirs: DqArray,
    light: npt.NDArray[np.bool_],
    born: npt.NDArray[np.bool_],
    gone: npt.NDArray[np.bool_],
    moved: npt.NDArray[np.bool_],
) -> dict[str, Metric]:
    now, before = _flagged(ours, light), _flagged(theirs, light)
    both, any_ = int(np.count_nonzero(now & before)), int(np.count_nonzero(now | before))
    pixels = max(int(np.count_nonzero(light)), 1)
    unusable = [light & ((bits & np.uint32(flags.DO_NOT_USE)) != 0) for bits in (ours, theirs)]

    def count(which: npt.NDArray[np.bool_], meaning: str) -> Metric:
        return Metric(int(np.count_nonzero(which)), "pixel", meaning)

    return {
        "n_born": count(born, "Bad now, and good in the map in use."),
        "n_gone": count(gone, "Bad in the map in use, and good now."),
        "n_moved": count(moved, "Bad in both, of another kind now."),
        "n_same": Metric(both - int(np.count_nonzero(moved)), "pixel", "Bad in both, of the same kind."),
        "agreement": Metric(
            both / any_ if any_ else None, "", "Of all pixels that either calls bad, the part both do."
        ),
        "new_flagged_fraction": Metric(int(np.count_nonzero(now)) / pixels, "", "Part of the pixels flagged now."),
        "old_flagged_fraction": Metric(int(np.count_nonzero(before)) / pixels, "", "The same in the map in use."),
        "n_newly_unusable": count(unusable[0] & ~unusable[1], "Not to be used now, and used so far."),
        "n_usable_again": count(unusable[1] & ~unusable[0], "To be used now, and not so far."),
    }


def _by_flag(ours: DqArray, theirs: DqArray, light: npt.NDArray[np.bool_]) -> Table:
    rows = []
    for flag in flags.FLAGS:
        now, before = (light & ((bits & np.uint32(flag.value)) != 0) for bits in (ours, theirs))
        if now.any() or before.any():
            numbers = (before, now, now & before, now & ~before, before & ~now)
            rows.append((flag.name, *(int(np.count_nonzero(which)) for which in numbers)))
    return Table("By flag", ("Flag", "In use", "New map", "In both", "Came", "Went"), tuple(rows))


def _sentence(old: Frame, metrics: Mapping[str, Metric]) -> str:
    born, gone, moved = (int(metrics[name].value or 0) for name in ("n_born", "n_gone", "n_moved"))
    said = f"Against {old.name}, bad pixels that are new: {born:,}, gone: {gone:,}, of another kind: {moved:,}"
    part = metrics["agreement"].value
    if not isinstance(part, float):
        return f"{said}; neither has any."
    said += f"; both agree in {100 * part:.1f} % of the pixels that either calls bad."
    if part < _ALIKE:
        said += " That is little: look whether both are of one detector, and how deep each of them is."
    return said
