"""Saving the product of a run as a reference: its keywords proposed, checked, and written with their provenance."""

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import InputError
from calgui.core.frames.headers import read_headers
from calgui.core.jobs import Job
from calgui.core.runs.headerframes import enter_input
from calgui.core.runs.product import check_target, described, provenance, write_product
from calgui.core.runs.report import RunReport

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: keywords of the form, in its order
FORM: tuple[str, ...] = ("USEAFTER", "PEDIGREE", "AUTHOR", "DESCRIP", "HISTORY")

#: what CRDS takes as PEDIGREE: where the data come from
PEDIGREES: tuple[str, ...] = ("GROUND", "INFLIGHT", "SIMULATION", "MODEL", "DUMMY")

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_TEXT = re.compile(r"[ -~]*")
#: a value with its quotes fits into one card
_LONGEST = 68


def proposed(report: RunReport) -> dict[str, str]:
    """What the form says at first.

    Parameters
    ----------
    report : RunReport
        Of a run that makes a reference.

    Returns
    -------
    dict
        Keyword to text.

    Raises
    ------
    InputError
        An input can no longer be read.
    """
    with ExitStack() as stack:
        how = algorithm(report.algorithm)
        frames = [enter_input(stack, how, path) for path in report.inputs]
        cards = described(report, frames, None)
    return {keyword: str(cards[keyword][0]) if keyword in cards else "" for keyword in FORM}


def problems(cards: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the keywords of a reference.

    Parameters
    ----------
    cards : mapping
        Keyword to text, as in the form.

    Returns
    -------
    dict
        Keyword to a sentence that says what to do; empty where all is well.
    """
    found: dict[str, str] = {}
    for keyword in ("USEAFTER", "PEDIGREE", "AUTHOR", "DESCRIP"):
        text = cards.get(keyword, "").strip()
        if not text:
            found[keyword] = "CRDS needs it: fill it in."
        elif not _TEXT.fullmatch(text):
            found[keyword] = "FITS headers hold plain English characters only: write it without accents and symbols."
        elif len(text) > _LONGEST:
            found[keyword] = f"It has {len(text)} characters; shorten it to {_LONGEST}."
    if not _TEXT.fullmatch(cards.get("HISTORY", "").replace("\n", " ")):
        found["HISTORY"] = "FITS headers hold plain English characters only: write it without accents and symbols."
    when = cards.get("USEAFTER", "").strip()
    if "USEAFTER" not in found and not _is_moment(when):
        found["USEAFTER"] = "Give a UTC time as 2026-03-11T00:00:00; CRDS compares these texts letter by letter."
    first = cards.get("PEDIGREE", "").strip().split(" ")[0].upper()
    if "PEDIGREE" not in found and first not in PEDIGREES:
        found["PEDIGREE"] = f"Begin with one of: {', '.join(PEDIGREES)}."
    return found


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def save_report(
    report: RunReport,
    path: Path,
    cards: Mapping[str, str],
    cache: "Cache | None",
    job: Job,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the product of a run, whole or not at all.

    Parameters
    ----------
    report : RunReport
        With a product.
    path : pathlib.Path
        The new file; not in the cache, and none of the inputs.
    cards : mapping
        Keyword to text; HISTORY may have several lines, and stands before what is written of itself. Empty for a
        product that is no reference.
    cache : Cache or None
        The one that selected the references.
    job : Job
        Progress and cancel.
    overwrite : bool
        Whether an older file may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        When a keyword is not as CRDS needs it, or the file cannot be written.
    """
    wrong = problems(cards) if cards else {}
    if wrong:
        keyword, why = next(iter(wrong.items()))
        raise InputError(f"{keyword} is not as CRDS needs it.", path=path, cure=why)
    if not report.result.has_product:
        raise InputError("There is no product to save.", path=path, cure="Run the algorithm first.")
    check_target(path, report.inputs, report.references, cache, overwrite)
    keywords = {key: text.strip() for key, text in cards.items()}
    origin = provenance(report.inputs, report.references, job.part(0, 0.8))
    with ExitStack() as stack:
        how = algorithm(report.algorithm)
        frames = [enter_input(stack, how, source) for source in report.inputs]
        job.report(0.8, "Writing")
        written = write_product(report, frames, path, origin, keywords, cache, overwrite=overwrite)
    read_headers(written)
    job.report(1.0, "Written")
    return written
