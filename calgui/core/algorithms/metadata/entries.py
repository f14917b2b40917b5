"""One keyword by itself: is it there, of the right kind, possible, and usual?"""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from calgui.core.algorithms.metadata.facts import Expected, is_needed
from calgui.core.algorithms.registry import Verdict
from calgui.core.frames.keywordmeaning import Meaning, meaning_of, unit_of
from calgui.core.frames.keywords import finite_number
from calgui.core.printable import printable
from calgui.core.warned import listening

#: what software writes where a sensor was not read
_NO_VALUE = frozenset({"", "UNKNOWN", "NONE", "NAN", "NULL", "UNDEFINED", "INDEF", "TBD"})
#: such texts are values of these
_NONE_IS_VALUE = frozenset({"LAMP", "AOTIER2", "AOTIER3", "AOTIER3F"})
_PLACEHOLDERS = frozenset({-999.0, -9999.0, -99999.0, 999999.0, 1e20, 1e30, -1e30})
_LONGEST = 68
_ZERO_CELSIUS = 273.15
#: of units that astropy does not know
_SPELLINGS = {"C": "deg_C", "degC": "deg_C", "degree": "deg", "degrees": "deg", "pixels": "pixel", "years": "yr"}
_SEXAGESIMAL = re.compile(r"\s*[+-]?\d{1,3}[: ]\d{1,2}([: ]\d{1,2}(\.\d*)?)?\s*\Z")


@dataclass(frozen=True)
class Entry:
    """What is said of one keyword of one header.

    Attributes
    ----------
    keyword : str
    value : object
        As in the header, texts without control characters; None where it is absent.
    unit : str
        As the header says, or else as is known.
    allowed : str
        What it may be.
    system : str
        Who says it.
    verdict : str or None
        None where it is absent and need not be there.
    reason : str
        A sentence with number, limit and cure; empty where it is good.
    """

    keyword: str
    value: Any
    unit: str
    allowed: str
    system: str
    verdict: Verdict | None
    reason: str = ""


def clean(text: str, longest: int = _LONGEST) -> str:
    """A text of somebody else's header for a line of a page or terminal: no control characters, not long."""
    plain = printable(text)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def numbers_of(value: Any) -> list[float] | None:
    """A value, or the values of a list in a text, as numbers.

    Parameters
    ----------
    value : object
        As in a header.

    Returns
    -------
    list of float or None
        None where not all of them are finite numbers.
    """
    if not isinstance(value, str):
        one = finite_number(value)
        return None if one is None else [one]
    parts = [part for part in re.split(r"[,;\s]+", value.strip().strip("[](){}")[:4096]) if part]
    try:
        found = [float(part) for part in parts]
    except ValueError:
        return None
    return found if found and all(math.isfinite(one) for one in found) else None


def check_entry(row: Expected, header: Mapping[str, Any]) -> Entry:
    """Look at one keyword.

    Parameters
    ----------
    row : Expected
        What is expected of it.
    header : mapping
        May have ``comments``, which say units.

    Returns
    -------
    Entry
    """
    keyword, value = row.keyword, header.get(row.keyword)
    known = meaning_of(keyword)
    comment = getattr(header, "comments", {}).get(keyword, "")
    unit = clean(unit_of(keyword, str(comment)), 24)
    shown = clean(value) if isinstance(value, str) else value
    verdict, reason = _judge(row, header, value, known, unit)
    if verdict == "good" and known is not None and not same_unit(unit, known.unit):
        verdict = "doubtful"
        reason = (
            f"{keyword} is in {unit} by its comment, where {known.unit} belongs: the number is read as {known.unit}. "
            f"Look at {_who(known)}."
        )
    return Entry(
        keyword, shown, unit, _allowed(row, known), (known.system if known else "") or "unknown", verdict, reason
    )


@lru_cache(maxsize=512)
def same_unit(said: str, known: str) -> bool:
    """Whether a number in one unit is the same number in another.

    Parameters
    ----------
    said, known : str
        As headers and tables write them.

    Returns
    -------
    bool
        True too where one of them is empty, or is not understood.
    """
    if not said or not known or said == known:
        return True
    from astropy import units

    with listening("astropy.units.format.generic", "astropy.units.core"):
        ours, theirs = (
            units.Unit(_SPELLINGS.get(text, text).replace("e-", "electron"), parse_strict="silent")
            for text in (said, known)
        )
    if any(isinstance(one, units.UnrecognizedUnit) for one in (ours, theirs)):
        return True
    try:
        return math.isclose(float(ours.to(theirs)), 1.0, rel_tol=1e-9)
    except units.UnitConversionError:
        return False


def _allowed(row: Expected, known: Meaning | None) -> str:
    if row.low is not None or row.high is not None:
        low = "" if row.low is None else f"{row.low:g}"
        high = "" if row.high is None else f"{row.high:g}"
        usual = ""
        if (row.usual_low, row.usual_high) != (row.low, row.high):
            ends = ("" if end is None else f"{end:g}" for end in (row.usual_low, row.usual_high))
            usual = f"; usual {' to '.join(ends)}"
        return f"{low} to {high}{usual}"
    return " | ".join(known.allowed) if known else ""


def _judge(
    row: Expected, header: Mapping[str, Any], value: Any, known: Meaning | None, unit: str
) -> tuple[Verdict | None, str]:
    keyword = row.keyword
    if keyword not in header:
        if not is_needed(row, header):
            return None, ""
        text = f"{keyword} is missing ({known.text})." if known else f"{keyword} is missing."
        return "bad", f"{text} Look at {_who(known)}."
    text = str(value).strip() if value is not None else ""
    if text.upper() in _NO_VALUE and not (keyword in _NONE_IS_VALUE and text.upper() == "NONE"):
        bad: Verdict = "bad" if is_needed(row, header) else "doubtful"
        return bad, f"{keyword} holds no value ({clean(text)!r}): it was not read. Look at {_who(known)}."
    kind = known.kind if known else ""
    if kind in ("number", "integer", "list of number", "list of integer") or row.low is not None:
        return _judge_numbers(row, value, kind, unit, known)
    if kind == "date" or keyword == "DATE-OBS":
        return _judge_date(keyword, text)
    if kind == "logical" and not isinstance(value, bool):
        return "doubtful", f"{keyword} is {clean(text)!r}, where T or F belongs. Look at {_who(known)}."
    return _judge_words(keyword, text, known)


def _judge_numbers(row: Expected, value: Any, kind: str, unit: str, known: Meaning | None) -> tuple[Verdict, str]:
    keyword, told = row.keyword, f" {unit}" if unit else ""
    found = numbers_of(value)
    if found is None and _SEXAGESIMAL.match(str(value)):
        of = f" of{told}" if told else ""
        text = f"{keyword} is {clean(str(value))!r}, in sixtieths: write it as a number{of}."
        return "doubtful", text
    if found is None:
        return "bad", f"{keyword} is {clean(str(value))!r}, where a number belongs. Look at {_who(known)}."
    if isinstance(value, str) and not kind.startswith("list"):
        if len(found) > 1:
            text = f"{keyword} is the text {clean(value)!r}, with {len(found)} numbers, where one belongs."
            return "bad", f"{text} Look at {_who(known)}."
        return "doubtful", f"{keyword} is the text {clean(value)!r}, where a number belongs: write it without quotes."
    verdict, reason = "good", ""
    for one in found:
        if one in _PLACEHOLDERS:
            return (
                "bad",
                f"{keyword} is {one:g}, which stands for no value: a sensor was not read. Look at {_who(known)}.",
            )
        if (row.low is not None and one < row.low) or (row.high is not None and one > row.high):
            limits = _limits(row.low, row.high)
            return (
                "bad",
                f"{keyword} is {one:g}{told}, which is impossible: it must be {limits}.{_hint(row, one, unit)} "
                f"Look at {_who(known)}.",
            )
        if (row.usual_low is not None and one < row.usual_low) or (row.usual_high is not None and one > row.usual_high):
            limits = _limits(row.usual_low, row.usual_high)
            verdict = "doubtful"
            reason = (
                f"{keyword} is {one:g}{told}, which is unusual: it is mostly {limits}.{_hint(row, one, unit)} "
                f"Look at {_who(known)}."
            )
        if kind.endswith("integer") and not one.is_integer():
            verdict, reason = "doubtful", f"{keyword} is {one:g}, where a whole number belongs. Look at {_who(known)}."
    return ("doubtful" if verdict == "doubtful" else "good"), reason


def _hint(row: Expected, value: float, unit: str) -> str:
    """What a temperature looks like that is usual on the other scale."""
    turned = {"K": (_ZERO_CELSIUS, "degrees Celsius"), "deg_C": (-_ZERO_CELSIUS, "kelvin")}
    said = _SPELLINGS.get(unit, unit)
    if said not in turned or row.usual_low is None or row.usual_high is None:
        return ""
    step, name = turned[said]
    return f" It looks like {name}." if row.usual_low <= value + step <= row.usual_high else ""


def _limits(low: float | None, high: float | None) -> str:
    if low is None:
        return f"{high:g} at most"
    return f"{low:g} at least" if high is None else f"{low:g} to {high:g}"


def _judge_date(keyword: str, text: str) -> tuple[Verdict, str]:
    try:
        dt.datetime.fromisoformat(text.replace(" ", "T", 1))
    except ValueError:
        return "bad", f"{keyword} is {clean(text)!r}, which is no date: write it as 2026-03-11 or 2026-03-11T05:00:00."
    return "good", ""


def _judge_words(keyword: str, text: str, known: Meaning | None) -> tuple[Verdict, str]:
    if keyword == "TIME-OBS":
        try:
            dt.time.fromisoformat(text)
        except ValueError:
            return "bad", f"{keyword} is {clean(text)!r}, which is no time of the day: write it as 05:00:00."
    # lists such as those of detectors differ between observatories: only states of mechanisms are held to theirs
    if known and known.allowed and known.system != "data model":
        words = [part.strip().upper() for part in text.split(",")] if "list" in known.kind else [text.upper()]
        allowed = {one.upper() for one in known.allowed}
        strange = [word for word in words if word not in allowed]
        if strange:
            listed = ", ".join(known.allowed[:8])
            return "doubtful", f"{keyword} is {clean(strange[0])!r}, which is none of {listed}. Look at {_who(known)}."
    return "good", ""


def _who(known: Meaning | None) -> str:
    plain = known is None or known.system in {"", "data model", "FITS", "WCS", "CRDS"}
    return "what writes the header" if known is None or plain else f"what {known.system} writes"
