"""Rules that can never win, against asking crds for every header there is."""

from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.rules.cache import Cache
from calgui.core.rules.lint.run import lint
from calgui.core.rules.selection.select import best_references

_DETECTORS = ("IRIS1", "IRIS2", "IRIS1|IRIS2", "*", "N/A")
_FILTERS = ("J", "H", "J|H", "not J", "*", "N/A")
_SAID = (("IRIS1", "IRIS2", "IRIS3", "N/A", None), ("J", "H", "K", "N/A", None))
_YEARS = range(2019, 2027)

_RULES = st.lists(
    st.tuples(st.sampled_from(_DETECTORS), st.sampled_from(_FILTERS)), min_size=1, max_size=5, unique=True
).flatmap(
    lambda keys: st.lists(st.integers(2019, 2025), min_size=len(keys), max_size=len(keys)).map(
        lambda years: dict(zip(keys, years, strict=True))
    )
)


def _winners(cache: Cache) -> set[str]:
    """Files that crds selects for any of all headers and years."""
    found = set()
    for detector, optical, year in product(*_SAID, _YEARS):
        header = {"INSTRUME": "IRIS", "DATE-OBS": f"{year}-06-01", "TIME-OBS": "00:00:00"}
        header |= {key: value for key, value in (("DETECTOR", detector), ("FILTER", optical)) if value is not None}
        (answer,) = best_references(cache, "tmt_0001.pmap", header, ["flat"])
        if answer.file is not None:
            found.update(answer.file.split(","))
    return found


@given(rules=_RULES)
@settings(max_examples=25, deadline=None)
def test_what_is_said_never_to_win_never_wins(tmp_path_factory, make_small, rules: dict) -> None:
    folder: Path = tmp_path_factory.mktemp("rules") / "cache"
    small = make_small(folder)
    small.rules = {
        "flat": {
            key: {f"{year}-01-01 00:00:00": f"tmt_iris_flat_{number:04d}.fits"}
            for number, (key, year) in enumerate(rules.items())
        }
    }
    small.write()
    cache = Cache.open(folder)
    report = lint(cache)
    told = {
        place.reference
        for finding in report.findings
        if finding.code in ("never-wins", "unmatchable")
        for place in finding.places
    }
    winners = _winners(cache)
    everything = {f"tmt_iris_flat_{number:04d}.fits" for number in range(len(rules))}
    assert not told & winners
    if len(rules) > 2:
        return  # several rules together may hide one: that is not looked for
    # what crds never selects is told as such, or is of the weight and date of what it is merged with
    nearly = {place.reference for one in report.findings if one.code == "wins-only-by-na" for place in one.places}
    silent = everything - winners - told - nearly
    assert not silent or {one.code for one in report.findings} & {"overlap", "ambiguous"}
