"""Cases: what is set holds, answers follow, and as options of the command line they give the same answers."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calgui.cli.main import cli
from calgui.core.errors import InputError, UsageError
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.nearest import near_miss_of
from calgui.core.rules.questions.whatif import (
    Case,
    answers,
    as_options,
    differences,
    from_options,
    header_of,
    settings_of,
)
from calgui.core.rules.selection.header import plan_for
from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight

CONTEXT = "tmt_0001.pmap"


def test_values_are_set_over_what_the_header_says(write_cache: Callable[..., Any], header: dict[str, str]) -> None:
    cache = Cache.open(write_cache().healthy().root)
    case = Case("a", header)
    assert answers(cache, CONTEXT, case)[0].file == "tmt_iris_dark_0001.fits"
    other = case.with_change("DETECTOR", "IRIS9").with_change("detector", "IRIS2")
    assert other.changes == (("detector", "IRIS2"),)
    assert answers(cache, CONTEXT, other)[0].file is None
    (told,) = differences(answers(cache, CONTEXT, case), answers(cache, CONTEXT, other))
    assert (told.type, told.before.file, told.after.file) == ("dark", "tmt_iris_dark_0001.fits", None)  # type: ignore[union-attr]
    assert answers(cache, CONTEXT, other.without_change("DETECTOR")) == answers(cache, CONTEXT, case)
    # the header that it stands for is a new one, and a value can be taken away
    gone = header_of(cache, case.with_change("META.INSTRUMENT.DETECTOR", None))
    assert "META.INSTRUMENT.DETECTOR" not in gone
    assert header["META.INSTRUMENT.DETECTOR"] == "IRIS1"


def test_what_can_be_set_is_what_rules_read(write_cache: Callable[..., Any]) -> None:
    cache = Cache.open(write_cache().healthy().root)
    (only,) = settings_of(cache, CONTEXT, Case("nothing"))
    assert (only.keyword, only.value, only.accepted) == ("INSTRUME", None, ("IRIS",))
    case = Case("a", {"DETECTOR": "IRIS2"}, (("INSTRUME", "IRIS"), ("FILTER", "K")))
    told = {one.parkey: one for one in settings_of(cache, CONTEXT, case)}
    detector = told["META.INSTRUMENT.DETECTOR"]
    assert (detector.value, detector.accepted, detector.types, detector.changed) == (
        "IRIS2",
        ("IRIS1",),
        ("dark",),
        False,
    )
    assert told["META.INSTRUMENT.NAME"].changed
    assert told["META.OBSERVATION.DATE"].accepted == ()
    assert "META.INSTRUMENT.FILTER" not in told  # no rule reads it


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "hst", "jwst"])
def test_options_stand_for_the_whole_case(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    rng = random.Random(4)
    for instrument in list(cache.instruments(context))[:2]:
        plan = plan_for(cache, context, instrument) if name != "ligeriri" or instrument == "IRIS" else None
        if plan is None:
            continue
        naming = str(cache.load(context).instrument_key)
        words = ["IRIS1", "K", "", "N/A", "1.0", "2019-05-05", "12:00:00", "A=B", " x ", "é", "*"]
        header = {key: rng.choice(words) for key in plan.parkeys if rng.random() < 0.8} | {naming: instrument}
        case = Case("a", header, ((rng.choice(plan.parkeys), "SET"), (naming, instrument)))
        options = as_options(cache, context, case)
        again = from_options("b", options)
        assert answers(cache, context, again) == answers(cache, context, case)


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["DETECTOR", "FILTER", "SUBARRAY", "DATE-OBS", "TIME-OBS"]), VALUES))
def test_options_go_through_the_command_line_unchanged(demo_night: DemoNight, values: dict[str, str]) -> None:
    cache = Cache.open(demo_night.cache)
    context = str(cache.default_context)
    case = Case("a", {"INSTRUME": "IRIS"}, tuple(values.items()))
    words = ["bestrefs", "--cache", str(demo_night.cache), "--json", *as_options(cache, context, case)]
    result = CliRunner().invoke(cli, words)
    (told,) = json.loads(result.stdout)["observations"]
    ours = [(one.type, one.status.value, one.file, one.message) for one in answers(cache, context, case)]
    assert [(one["type"], one["status"], one["file"], one["message"]) for one in told["references"]] == ours


def test_an_instrument_that_is_not_known_has_no_options(write_cache: Callable[..., Any]) -> None:
    cache = Cache.open(write_cache().healthy().root)
    with pytest.raises(InputError, match="lacks the instrument"):
        as_options(cache, CONTEXT, Case("a"))
    with pytest.raises(UsageError, match="KEY=VALUE"):
        from_options("a", ["FILTER"])
    with pytest.raises(UsageError, match="NUL"):
        as_options(cache, CONTEXT, Case("a", {"INSTRUME": "IRIS", "DETECTOR": "a\0"}))


def test_the_nearest_miss_of_one_file_is_proved(real_data: Path) -> None:
    cache = Cache.open(real_data / "caches" / "jwst")
    context = str(cache.default_context)
    header = {
        "META.INSTRUMENT.NAME": "NIRISS",
        "META.INSTRUMENT.FILTER": "F150W",
        "META.OBSERVATION.DATE": "2016-01-01",
    }
    rmap = cache.rmap(context, "NIRISS", "flat")
    for file in rmap.reference_names()[::5]:
        miss = near_miss_of(cache, context, "FLAT", header, f"crds://{file}")
        assert miss is not None
        assert miss.file == file
        changed = header_of(cache, Case("a", header, tuple((one.parameter, one.after) for one in miss.changes)))
        assert best_references(cache, context, changed, ["flat"])[0].file == file
        assert near_miss_of(cache, context, "flat", changed, file).changes == ()  # type: ignore[union-attr]
    assert near_miss_of(cache, context, "flat", header, "no_such.fits") is None
    assert near_miss_of(cache, context, "no_such_type", header, file) is None
