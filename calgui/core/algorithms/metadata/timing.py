"""Do dates, exposure times and counts of reads of one exposure agree, and does what was read lie on the detector?"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from calgui.core.algorithms.exposure import TIME_KEYWORDS, exposure_time, number
from calgui.core.algorithms.geometry import is_full
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.metadata.facts import is_reference
from calgui.core.algorithms.metadata.limits import Contradiction, all_of, held, plainly
from calgui.core.algorithms.times import start_of

_ORIGIN = dt.datetime(1858, 11, 17)
_STARTS = ("MJD-OBS", "MJD-BEG", "EXPSTART", "MJD")
_DETECTOR = 4096
#: seconds that times of a header may be rounded by
_ROUNDED = 1.0
#: from start to end an exposure takes so many times its length at most, and seconds beside
_SLOWEST, _OVERHEAD = 3.0, 300.0
#: no reference of an instrument such as IRIS is of before it
_FIRST_YEAR = 2000


def check_timing(header: Mapping[str, Any], shape: tuple[int, ...] = ()) -> list[Contradiction]:
    """Hold dates, times, reads and subarrays against one another.

    Parameters
    ----------
    header : mapping
        Of one exposure; what is absent or no number is left out.
    shape : tuple of int
        Of its data, numpy order; empty where there are none.

    Returns
    -------
    list of Contradiction
    """
    return [
        *_dates(header),
        *_start(header),
        *_order(header),
        *_end(header),
        *_useafter(header),
        *_reads(header, shape),
        *_sums(header),
        *_subarray(header, shape),
    ]


def _dates(header: Mapping[str, Any]) -> list[Contradiction]:
    start = start_of({key: value for key, value in header.items() if key not in _STARTS})
    if start is None:
        return []
    made: list[Contradiction] = []
    for keyword in _STARTS:
        days = number(header, keyword)
        if days is None:
            continue
        ours = (start - _ORIGIN).total_seconds()
        away = abs(86400 * days - ours)
        when = _moment(days)
        said = f"{keyword} is {days:.6f}, {when}, but DATE-OBS and TIME-OBS say {start.isoformat()}: they differ by"
        cure = "Look which of the two was written at the start of the exposure."
        if 30 < away < 80:
            cure = (
                "It looks like another time scale: TAI is 37 s ahead of UTC, TT 69 s; FITS keywords of "
                "dates are UTC here."
            )
        made += held("date_mjd", ("DATE-OBS", "TIME-OBS", keyword), away, said, cure)
    return made


def _start(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether the start is said once, and is a date on which there can be an exposure."""
    said = str(header.get("DATE-OBS") or "").strip().replace(" ", "T", 1)
    when = _date_of(said) if said else None
    if when is None or is_reference(header):
        return []
    made: list[Contradiction] = []
    if when.year < _FIRST_YEAR:
        text = f"DATE-OBS is {clean(said, 40)}, before {_FIRST_YEAR}, when there was no IRIS. Look at the clock."
        made += plainly("date_obs", ("DATE-OBS",), when.year, _FIRST_YEAR, "yr", text)
    time = start_of({"DATE-OBS": said.partition("T")[0], "TIME-OBS": header.get("TIME-OBS")})
    if "T" in said and time is not None and str(header.get("TIME-OBS") or "").strip():
        away = abs((when.replace(tzinfo=None) - time).total_seconds())
        text = (
            f"DATE-OBS is {clean(said, 40)}, but TIME-OBS is {clean(str(header['TIME-OBS']), 40)}: they differ by "
            f"{away:g} s, where {_ROUNDED:g} may be. Write the day alone as DATE-OBS."
        )
        if away > _ROUNDED:
            made += plainly("date_obs", ("DATE-OBS", "TIME-OBS"), away, _ROUNDED, "s", text)
    return made


def _moment(days: float) -> str:
    try:
        return (_ORIGIN + dt.timedelta(days=days)).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return "no date at all"


def _order(header: Mapping[str, Any]) -> list[Contradiction]:
    found = all_of(header, "EXPSTART", "EXPEND")
    if found is None:
        return []
    begin, end = found
    if end < begin:
        away = 86400 * (begin - end)
        text = f"EXPEND is {away:.3g} s before EXPSTART, 0 s is the least. Look at what wrote them."
        return plainly("date_order", ("EXPSTART", "EXPEND"), away, 0, "s", text)
    middle = number(header, "EXPMID")
    if middle is not None and not begin <= middle <= end:
        away = 86400 * max(begin - middle, middle - end)
        text = f"EXPMID is {away:.3g} s outside EXPSTART to EXPEND, 0 s is allowed. Look at what wrote them."
        return plainly("date_order", ("EXPSTART", "EXPMID", "EXPEND"), away, 0, "s", text)
    return []


def _end(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether the exposure fits between its start and its end."""
    start, length = start_of(header), exposure_time(header)
    end, keyword = _end_of(header)
    if start is None or length is None or end is None:
        return []
    elapsed = (end - start).total_seconds()
    seconds, of = length
    keywords = (of, "DATE-OBS", keyword)
    if elapsed < seconds - _ROUNDED:
        said = (
            f"{of} is {seconds:g} s, but from DATE-OBS to {keyword} there are {elapsed:g} s: too short by a fraction of"
        )
        return held("date_end", keywords, (seconds - elapsed) / seconds, said, "Look at what wrote these times.")
    most = _SLOWEST * seconds + _OVERHEAD
    if elapsed > most:
        text = (
            f"From DATE-OBS to {keyword} there are {elapsed:g} s, more than {most:g} s, for an exposure of "
            f"{seconds:g} s ({of}). Look at what wrote these times, and at pauses."
        )
        return plainly("date_end", keywords, elapsed, most, "s", text, "doubtful")
    return []


def _end_of(header: Mapping[str, Any]) -> tuple[dt.datetime | None, str]:
    end = start_of({"DATE-OBS": header.get("DATE-END"), "TIME-OBS": header.get("TIME-END")})
    if end is not None:
        return end, "DATE-END"
    for keyword in ("MJD-END", "EXPEND"):
        days = number(header, keyword)
        if days is not None and 0 < days < 200_000:
            return _ORIGIN + dt.timedelta(days=days), keyword
    return None, ""


def _useafter(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether a reference says from when on it holds in a way that can be understood."""
    said = str(header.get("USEAFTER") or "").strip()
    if not said or not is_reference(header):
        return []
    when = _date_of(said)
    if when is None:
        text = (
            f"USEAFTER is {clean(said, 40)!r}, which is no date: 1 mistake, 0 allowed. Write it as 2026-03-01T00:00:00."
        )
        return plainly("useafter", ("USEAFTER",), 1, 0, "", text)
    if when.year < _FIRST_YEAR:
        text = (
            f"USEAFTER is {clean(said, 40)}, before {_FIRST_YEAR}: it would hold for all exposures that are older than "
            f"the others' dates. Write when it holds from."
        )
        return plainly("useafter", ("USEAFTER",), when.year, _FIRST_YEAR, "yr", text, "doubtful")
    return []


def _date_of(text: str) -> dt.datetime | None:
    """A date of CRDS: as ISO has it, or as Sybase did."""
    try:
        return dt.datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        pass
    for form in ("%b %d %Y %H:%M:%S", "%b %d %Y %I:%M:%S %p", "%b %d %Y"):
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _reads(header: Mapping[str, Any], shape: tuple[int, ...]) -> list[Contradiction]:
    made: list[Contradiction] = []
    groups, step, ints = number(header, "NGROUPS"), number(header, "TGROUP"), number(header, "NINTS") or 1.0
    if groups is not None and step is not None and groups >= 2 and step > 0:
        told = {keyword: number(header, keyword) for keyword in TIME_KEYWORDS}
        # keywords that say the same are told of once
        times = {seconds: keyword for keyword, seconds in reversed(told.items()) if seconds is not None and seconds > 0}
        for seconds, keyword in times.items():
            made += _length(header, (seconds, keyword), (groups, step, ints))
    frames = all_of(header, "TGROUP", "TFRAME", "NFRAMES")
    if frames is not None and frames[0] > 0:
        least = frames[1] * frames[2]
        said = (
            f"TGROUP is {frames[0]:g} s, but NFRAMES {frames[2]:g} of TFRAME {frames[1]:g} s take "
            f"{least:g} s: it is too "
            f"short by a fraction of"
        )
        away = max(0.0, least - frames[0]) / frames[0]
        made += held("exposure_reads", ("TGROUP", "TFRAME", "NFRAMES"), away, said, "Look at the readout's setting.")
    return [*made, *_counts(header, shape)]


def _length(
    header: Mapping[str, Any], length: tuple[float, str], reads: tuple[float, float, float]
) -> list[Contradiction]:
    """One exposure time against the reads that make it."""
    (seconds, keyword), (groups, step, ints) = length, reads
    # as headers have it: from the first group to the last, or all groups; of one integration or of all of them
    spans = [(groups - 1, groups)]
    if ints > 1:
        spans.append(((groups - 1) * ints, groups * ints))
    frame = number(header, "TFRAME") or 0.0
    away = min(max(low * step - seconds, seconds - high * step, 0.0) for low, high in spans)
    away = max(0.0, away - max(frame, 0.0) * ints) / seconds
    said = (
        f"{keyword} is {seconds:g} s, but NGROUPS {groups:g} every TGROUP {step:g} s take {(groups - 1) * step:g} to "
        f"{groups * step:g} s: they differ by a fraction of"
    )
    cure = "Look at what the detector's readout wrote."
    return held("exposure_reads", (keyword, "NGROUPS", "TGROUP"), away, said, cure)


def _counts(header: Mapping[str, Any], shape: tuple[int, ...]) -> list[Contradiction]:
    if len(shape) != 4:
        return []
    made: list[Contradiction] = []
    for keyword, axis in (("NINTS", shape[0]), ("NGROUPS", shape[1])):
        said = number(header, keyword)
        if said is not None and said != axis:
            text = (
                f"{keyword} is {said:g}, but the ramp has {axis}: {abs(said - axis):g} too many or too few, 0 allowed."
            )
            made += plainly(
                "counts", (keyword,), abs(said - axis), 0, "", f"{text} Take the file again, or correct it."
            )
    return made


def _sums(header: Mapping[str, Any]) -> list[Contradiction]:
    made: list[Contradiction] = []
    for total, one, count in (("EFFEXPTM", "EFFINTTM", "NINTS"), ("EXPTIME", "RAMPTIME", "NUMRAMPS")):
        found = all_of(header, total, one, count)
        if found is None or found[0] <= 0:
            continue
        away = abs(found[0] - found[1] * found[2]) / found[0]
        said = (
            f"{total} is {found[0]:g} s, but {count} {found[2]:g} of {one} {found[1]:g} s make "
            f"{found[1] * found[2]:g} s: "
            f"they differ by a fraction of"
        )
        made += held("exposure_reads", (total, one, count), away, said, "Look at what the readout's software wrote.")
    return made


def _subarray(header: Mapping[str, Any], shape: tuple[int, ...]) -> list[Contradiction]:
    made: list[Contradiction] = []
    iris = str(header.get("INSTRUME") or "").strip().upper() == "IRIS"
    for axis, name in ((1, "columns"), (2, "rows")):
        start, size = number(header, f"SUBSTRT{axis}"), number(header, f"SUBSIZE{axis}")
        whole = number(header, f"DET{'XY'[axis - 1]}SIZE") or (float(_DETECTOR) if iris else None)
        keywords = (f"SUBSTRT{axis}", f"SUBSIZE{axis}")
        if start is not None and start < 1:
            text = f"SUBSTRT{axis} is {start:g}: {name} count from 1, the least. Add 1 where it was counted from 0."
            made += plainly("subarray", keywords[:1], start, 1, "pixel", text)
        elif start is not None and size is not None and whole is not None and start + size - 1 > whole:
            last = start + size - 1
            text = (
                f"The subarray ends in {name[:-1]} {last:g} (SUBSTRT{axis} {start:g}, SUBSIZE{axis} "
                f"{size:g}), beyond the "
                f"detector's {whole:g}. Look at the readout's setting."
            )
            made += plainly("subarray", keywords, last, whole, "pixel", text)
        if is_full(header) and start is not None and start != 1:
            text = f"SUBARRAY is FULL, but SUBSTRT{axis} is {start:g} where 1 belongs. Correct one of them."
            made += plainly("subarray", ("SUBARRAY", f"SUBSTRT{axis}"), start, 1, "pixel", text)
        made += _size(header, shape, axis, name)
    return made


def _size(header: Mapping[str, Any], shape: tuple[int, ...], axis: int, name: str) -> list[Contradiction]:
    size = number(header, f"SUBSIZE{axis}")
    from calgui.core.spectra.axis import spectral_axis

    # cubes and spectra are made of what was read, and are as large as they are
    if size is None or len(shape) not in (2, 4) or spectral_axis(header, len(shape)) is not None:
        return []
    there = shape[-axis]
    if there == size or str(header.get("INSTMODE") or "").strip().upper() in {"LENSLET", "SLICER", "IFU"}:
        return []
    text = (
        f"SUBSIZE{axis} is {size:g}, but the image has {there} {name}: {abs(size - there):g} too many or "
        f"too few, 0 allowed."
    )
    return plainly(
        "subarray", (f"SUBSIZE{axis}",), abs(size - there), 0, "pixel", f"{text} Take the file again, or correct it."
    )
