"""Bad pixel maps of other observatories, whose values mean other things, as a map with data-quality bits.

Two files that look alike may mean opposite things: Keck's OSIRIS calls a good pixel 9 and a bad one 0, SpeX calls them
1 and 0, and a map of bits has 0 for good. What cannot be told from the file itself is asked for, and what was taken
for granted is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.badpixels.edits import parse_edits, with_edits
from calgui.core.algorithms.badpixels.summary import definition, kind_keywords, kind_metrics, kind_table
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Table, Verdict
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import DqArray, Frame, FrameLike
from calgui.core.jobs import Job

#: most kinds of values that a map may have before it is no map
_MOST = 64
#: good pixels are at least this many times as many as all others together, or a file does not say which they are
_MANY = 4.0
#: from this part of bad pixels on a map is bad, and doubtful
_BAD, _DOUBTFUL = 0.2, 0.05
#: a border of which this part is bad is one of reference pixels
_BORDER_PART = 0.99
_ROWS = 512


@dataclass(frozen=True)
class ConvertConfig:
    """Options of ``convert-mask``."""

    values: Literal["auto", "good-value", "bits"] = option(
        "auto",
        "One value is good, or each is a sum of bits with 0 for good; auto: whichever is certain.",
    )
    good: float | None = option(None, "The value of good pixels, such as 9 (OSIRIS), 1 (SpeX) or 0.")
    flag: str = option("DO_NOT_USE,OTHER_BAD_PIXEL", "Flags of all other values that meaning does not name.")
    meaning: str = option(
        "", "Flags of values, or of bits: 1=HOT,2=DEAD+DO_NOT_USE. With bits: 1, 2, 4, … are single bits."
    )
    by_hand: str = option(
        "", "Pixels set or cleared at the end, from 0: x,y=HOT+DO_NOT_USE; x1:x2,y1:y2=-WARM; x,y= for good."
    )
    reference_border: bool = option(
        True, "A border of four bad pixels on all sides of a whole detector is taken for reference pixels."
    )


@dataclass(frozen=True)
class Reading:
    """How the values of a file were understood.

    Attributes
    ----------
    kind : str
        ``good-value`` or ``bits``.
    good : float
        Value of good pixels.
    assumed : str
        Why, as a sentence for the report.
    certain : bool
        Whether the file or the user says so; else it is the most likely reading.
    """

    kind: Literal["good-value", "bits"]
    good: float
    assumed: str
    certain: bool


def check_mask_file(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse what is no two-dimensional map, and options that say nothing.

    Parameters
    ----------
    frames : sequence of FrameLike
        One.
    config : ConvertConfig, optional
        Its texts are looked at.

    Raises
    ------
    InputError, UsageError
    """
    for frame in frames:
        if len(frame.shape) != 2:
            raise InputError(
                f"The image has {len(frame.shape)} axes; a map has two.", path=frame.path, cure="Choose another file."
            )
    if config is not None:
        reject_bits(config.flag)
        parse_meaning(config.meaning)


def parse_meaning(text: str) -> dict[float, int]:
    """Flags of values.

    Parameters
    ----------
    text : str
        ``1=HOT,2=DEAD+DO_NOT_USE``; an empty flag (``3=``) means good.

    Returns
    -------
    dict of float to int
        Value to data-quality bits.

    Raises
    ------
    UsageError
        Not of that form, or no such flag.
    """
    made: dict[float, int] = {}
    for part in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        value, equals, names = part.partition("=")
        try:
            if not equals:
                raise ValueError(part)
            made[float(value)] = reject_bits(names)
        except ValueError:
            raise UsageError(
                f"{part!r} says no flag of a value.", cure="Write meaning as VALUE=FLAG+FLAG,VALUE=FLAG."
            ) from None
    return made


def understand(counts: Mapping[float, int], config: ConvertConfig, bits: bool) -> Reading:
    """Say what the values of a map mean, or that it cannot be said.

    Parameters
    ----------
    counts : mapping of float to int
        Value to number of pixels; NaN under its own key is left out.
    config : ConvertConfig
        What the user says.
    bits : bool
        Whether the file itself says that it holds data-quality bits (extension ``DQ``, table ``DQ_DEF``).

    Returns
    -------
    Reading

    Raises
    ------
    InputError
        When more than one reading is possible.
    """
    if config.values == "bits":
        return Reading("bits", 0.0, "values were read as sums of bits, 0 for good, as the option says", True)
    if config.good is not None:
        return Reading("good-value", config.good, f"good pixels are {config.good:g}, as the option says", True)
    if bits and config.values == "auto":
        return Reading("bits", 0.0, "values are data-quality bits, as the file's own DQ extension says", True)
    most = max(counts, key=lambda value: counts[value])
    others = sum(counts.values()) - counts[most]
    if counts[most] < _MANY * max(others, 1) and others:
        raise InputError(
            f"The values {_listed(counts)} do not say which of them is good: none is by far the most frequent.",
            cure="Say it with the option good, such as good=1, or values=bits.",
        )
    usual = f"{counts[most]:,} pixels are {most:g} and {others:,} are not, so {most:g} was taken for good"
    if len(counts) == 1:
        raise InputError(
            f"All pixels are {most:g}: nothing says whether that is good.", cure="Say it with the option good."
        )
    if len(counts) == 2 or config.values == "good-value":
        return Reading("good-value", most, usual, True)
    whole = all(value >= 0 and float(value).is_integer() for value in counts)
    if most == 0 and whole:
        raise InputError(
            f"The values {_listed(counts)} may be sums of bits, or names of kinds.",
            cure="Say it with values=bits or values=good-value, and what each means with the option meaning.",
        )
    return Reading("good-value", most, usual, False)


def _listed(counts: Mapping[float, int]) -> str:
    shown = sorted(counts)[:6]
    return ", ".join(f"{value:g}" for value in shown) + (", …" if len(counts) > len(shown) else "")


def convert_mask(frame: FrameLike, config: ConvertConfig, job: Job | None = None) -> Result:
    """Convert a bad pixel map of other conventions.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx), any type; a file's DQ extension is read bit by bit.
    config : ConvertConfig
        What its values mean.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame whose DQ is the map, and whose data are the values of the file; the reasons say what was assumed.

    Raises
    ------
    InputError
        When the file is no map, or its values may mean more than one thing.
    """
    job = job or Job("Convert a mask")
    check_mask_file([frame], config)
    data, own = _read(frame, job)
    counts = _counts(frame, data if own is None else own)
    known = flags.BY_NAME
    try:
        reading = understand(counts, config, own is not None)
    except InputError as error:
        raise InputError(error.message, path=frame.path, cure=error.cure) from None
    meaning, rest = parse_meaning(config.meaning), reject_bits(config.flag)
    job.report(0.6, "Converting")
    if reading.kind == "bits":
        dq, unknown = _from_bits(data if own is None else own, meaning)
    else:
        dq, unknown = _from_values(data, reading.good, meaning, rest), []
    missing = ~np.isfinite(data)
    dq[missing] |= known["DO_NOT_USE"].value | known["OTHER_BAD_PIXEL"].value
    reasons = [f"It was assumed that {reading.assumed}."]
    doubtful = not reading.certain
    if unknown:
        reasons.append(f"Bits that no flag has were left out: {', '.join(map(str, unknown))}.")
        doubtful = True
    if np.any(missing):
        reasons.append(f"{int(np.count_nonzero(missing)):,} pixels hold no number, and are flagged as bad.")
    if config.reference_border and _mark_border(frame, dq):
        reasons.append("The border of four pixels is bad on all sides, and was taken for reference pixels.")
    metrics = kind_metrics(dq)
    part = float(metrics["bad_fraction"].value or 0)
    verdict: Verdict = "doubtful" if doubtful or part > _DOUBTFUL else "good"
    if part > _BAD:
        verdict = "bad"
        reasons.insert(0, f"{100 * part:.1f} % of the pixels are bad: the values are likely read the wrong way round.")
    elif part > _DOUBTFUL:
        reasons.append(f"{100 * part:.1f} % of the pixels are bad; some tenths of a percent are usual.")
    metrics |= {
        "good_value": Metric(reading.good, "", "Value of the file that was taken for good."),
        "values": Metric(reading.kind, "", "What the values were taken for."),
    }
    job.report(1.0, "Converted")
    made = Result(
        frame=Frame(data, None, dq, common_header([frame])),
        metrics=metrics,
        verdict=verdict,
        reasons=tuple(reasons),
        tables=(_values_table(counts, data if own is None else own, dq), kind_table(dq)),
        keywords={"MASKFROM": (reading.kind, "how the values were read"), "MASKGOOD": (reading.good, "good value")}
        | kind_keywords(dq),
        planes={"DQ_DEF": definition(dq)},
    )
    return with_edits(made, parse_edits(config.by_hand, dq.shape))


def _read(frame: FrameLike, job: Job) -> tuple[npt.NDArray[np.float32], DqArray | None]:
    """Values, and bits where the file itself says that its image is a map of bits."""
    ny = frame.shape[0]
    data = np.empty(frame.shape, np.float32)
    own: DqArray | None = None
    for start in range(0, ny, _ROWS):
        job.report(0.5 * start / ny, "Reading")
        stop = min(start + _ROWS, ny)
        rows = frame.rows(start, stop)
        data[start:stop] = rows.data
        if rows.dq is not None:
            own = np.zeros(frame.shape, np.uint32) if own is None else own
            own[start:stop] = rows.dq
    return data, own


def _counts(frame: FrameLike, values: npt.NDArray[Any]) -> dict[float, int]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise InputError("All its pixels are NaN.", path=frame.path, cure="Choose another file.")
    found, numbers = np.unique(finite, return_counts=True)
    if found.size > _MOST and values.dtype.kind == "f":
        raise InputError(
            f"It has {found.size:,} different values: an image, no map of bad pixels.",
            path=frame.path,
            cure="Choose a map; from darks and flats one is made with bad-pixel-map.",
        )
    return {float(value): int(number) for value, number in zip(found, numbers, strict=True)}


def _from_values(data: npt.NDArray[np.float32], good: float, meaning: Mapping[float, int], rest: int) -> DqArray:
    dq: DqArray = np.where(data == np.float32(good), 0, rest).astype(np.uint32)
    for value, bits in meaning.items():
        dq[data == np.float32(value)] = bits
    return dq


def _from_bits(values: npt.NDArray[Any], meaning: Mapping[float, int]) -> tuple[DqArray, list[int]]:
    """Bits as they are, or each as its meaning says; and those that mean nothing."""
    finite = np.nan_to_num(values, nan=0.0) if values.dtype.kind == "f" else values
    given: DqArray = np.clip(finite, 0, 2.0**32 - 1).astype(np.uint64).astype(np.uint32)
    if not meaning:
        return given.copy(), []
    dq: DqArray = np.zeros(given.shape, np.uint32)
    left = 0
    for bit in range(32):
        value = 1 << bit
        which = (given & np.uint32(value)) != 0
        if not which.any():
            continue
        if float(value) in meaning:
            dq[which] |= np.uint32(meaning[float(value)])
        else:
            left |= value
    return dq, [1 << bit for bit in range(32) if left >> bit & 1]


def _mark_border(frame: FrameLike, dq: DqArray) -> bool:
    """A detector's border that is bad all round is made of reference pixels."""
    border = ~region_of(frame).mask()
    if not border.any() or np.mean((dq[border] & np.uint32(flags.DO_NOT_USE)) != 0) < _BORDER_PART:
        return False
    dq[border] = flags.REFERENCE_PIXEL | flags.NON_SCIENCE | flags.DO_NOT_USE
    return True


def _values_table(counts: Mapping[float, int], values: npt.NDArray[Any], dq: DqArray) -> Table:
    """What became of each value."""
    rows = []
    for value in sorted(counts)[:_MOST]:
        found = np.unique(dq[values == value])
        names = "; ".join(" ".join(flags.decode(int(bits))) or "good" for bits in found[:4])
        rows.append((f"{value:g}", counts[value], names))
    return Table("Values of the file", ("Value", "Pixels", "Became"), tuple(rows))


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return convert_mask(frames[0], config, job)


ALGORITHMS = (
    Algorithm(
        name="convert-mask",
        title="Convert a mask",
        summary="Turns a bad pixel map of other conventions into one with data-quality bits, and says what it assumed.",
        inputs="one bad pixel map, of any observatory",
        config=ConvertConfig,
        run=_run,
        maximum_inputs=1,
        product="MASK",
        check=check_mask_file,
        previewable=False,
        image="VALUES",
        source="JWST data-quality flags",
    ),
)
