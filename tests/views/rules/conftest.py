"""Answers of the rules built by hand, as the core gives them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calgui.core.rules.values import (
    Cell,
    Change,
    DateVerdict,
    Fate,
    NearMiss,
    Outcome,
    Parameter,
    Rule,
    Status,
    Trace,
)

PARAMETERS = (
    Parameter("META.INSTRUMENT.DETECTOR", "DETECTOR", "IRIS1", "IRIS1"),
    Parameter("META.INSTRUMENT.FILTER", "FILTER", "J", "j"),
    Parameter("META.SUBARRAY.NAME", "SUBARRAY", "UNDEFINED", None),
    Parameter("META.OBSERVATION.DATE", "DATE-OBS", "2016-01-01", "2016-01-01"),
    Parameter("META.OBSERVATION.TIME", "TIME-OBS", "00:00:00", "00:00:00"),
)


def make_rule(key: tuple[str, str, str], fate: Fate, line: int, *outcomes: Outcome) -> Rule:
    """One rule of the flat mapping."""
    cells = tuple(
        Cell(
            parameter.name,
            text,
            parameter.value,
            outcome,
            "N/A" if text == "GENERIC" else None,
        )
        for parameter, text, outcome in zip(PARAMETERS, key, outcomes, strict=False)
    )
    name = "_".join(part.lower() for part in key[:2]).replace("*", "any")
    dates = (
        DateVerdict("2014-06-01 00:00:00", f"flat_{name}_1.fits", False, "earlier than another that fits"),
        DateVerdict("2015-06-01 00:00:00", f"flat_{name}_2.fits", fate is Fate.WINNER, "latest before the observation"),
        DateVerdict("2017-06-01 00:00:00", f"flat_{name}_3.fits", False, "after the observation"),
    )
    weight = sum(outcome in (Outcome.MATCH, Outcome.WILDCARD) for outcome in outcomes)
    return Rule(key, fate, weight, cells, dates, line)


@pytest.fixture
def make_trace() -> Callable[..., Trace]:
    """Makes a trace of a flat with as many rules as wanted, found or not."""

    def make(count: int = 5, found: bool = True) -> Trace:
        match, differs, free = Outcome.MATCH, Outcome.MISMATCH, Outcome.NOT_APPLICABLE
        rules = []
        if found:
            rules = [
                make_rule(("IRIS1", "J", "GENERIC"), Fate.WINNER, 20, match, match, free),
                make_rule(("IRIS1", "*", "N/A"), Fate.NO_DATE, 25, match, Outcome.WILDCARD, free),
                make_rule(("N/A", "J", "N/A"), Fate.OUTRANKED, 30, free, match, free),
            ]
        for number in range(len(rules), count):
            key = ("IRIS1", f"F{number:04d}", "FULL")
            rules.append(make_rule(key, Fate.ELIMINATED, 35 + 5 * number, match, differs, Outcome.MISSING))
        message = None if found else "No rule lists FILTER = J; the rules would accept K, H, Y."
        return Trace(
            "demo_0001.pmap",
            "demo_iris_flat_0001.rmap",
            "flat",
            Status.SELECTED if found else Status.NOT_FOUND,
            "flat_iris1_j_2.fits" if found else None,
            message,
            PARAMETERS,
            tuple(rules),
            (
                NearMiss("flat_iris1_k_2.fits", (Change("META.INSTRUMENT.FILTER", "J", "K"),)),
                NearMiss(
                    "flat_iris2_k_2.fits",
                    (
                        Change("META.INSTRUMENT.DETECTOR", "IRIS1", "IRIS2"),
                        Change("META.SUBARRAY.NAME", "UNDEFINED", "FULL"),
                    ),
                ),
            ),
        )

    return make


@pytest.fixture
def observation(tmp_path: Path) -> Path:
    """The path of an observation that the hand-made answers are about."""
    return tmp_path / "night.fits"
