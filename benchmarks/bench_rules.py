"""Explaining and selecting references, against crds's own look-up of the same headers.

The headers are made from the values that the rules of the cache list, by parkey, and hold nothing that no rule reads:
the least that crds's own look-up needs. *A run*: 10,000 files of 40 instrument modes, as an observing run of some weeks
leaves them, each with a time of its own. *A mixture*: every value of every file drawn anew, as no night does. The dates
begin shortly before the first that the rules name.
"""

import os
import random
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, compare
from calgui.core.rules.cache import Cache
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import Plan, plan_for
from calgui.core.rules.selection.nearmiss import near_misses
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Selection

_MANY = 10_000
_MODES = 40
_VALUES = 3
_EXPOSURE = timedelta(seconds=211)
_YEAR = timedelta(days=365)


def measure() -> list[Row]:
    """Rows for a made cache, and for the real ones where they are at hand."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append(_nearest(Path(folder) / "large"))
        from calgui.core.simulate import make_demo

        night = make_demo(Path(folder) / "demo", size=128)
        rows += _measure("demo", Cache.open(night.cache), "IRIS")
    root = Path(os.environ.get("CALGUI_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")) / "caches"
    for name, instrument in (("tmt", "IRIS"), ("hst", "ACS")):
        if (root / name).is_dir():
            rows += _measure(f"{name} {instrument}", Cache.open(root / name), instrument)
    return rows


def _measure(title: str, cache: Cache, instrument: str) -> list[Row]:
    context = cache.default_context
    if context is None:
        return []
    plan = plan_for(cache, context, instrument)
    maker = Maker(cache, plan, random.Random(5))
    run, mixture = maker.run(), maker.mixture()
    return [
        _explaining(title, cache, plan, mixture),
        _selecting(f"a run, {title}", cache, plan, run),
        _selecting(f"a mixture, {title}", cache, plan, mixture),
    ]


def _explaining(title: str, cache: Cache, plan: Plan, headers: list[dict[str, str]]) -> Row:
    turn = iter(headers)  # another header each time, so that no answer is simply remembered
    header = next(turn)

    def traces() -> None:
        nonlocal header
        header = next(turn)
        for kind in plan.rmaps:
            explain(cache, plan.context, kind, header, near=False)

    def crds() -> None:
        _stock(cache, plan, header)

    return compare(f"explain all types, a new header, {title}", traces, "get_best_references", crds, 5, repeat=100)


def _selecting(title: str, cache: Cache, plan: Plan, headers: list[dict[str, str]]) -> Row:
    ours: list[tuple[Selection, ...]] = []
    theirs: list[dict[str, Any]] = []

    def many() -> None:
        ours[:] = best_references_many(cache, plan.context, headers)

    def loop() -> None:
        theirs[:] = [_stock(cache, plan, header) for header in headers]

    row = compare(f"10,000 headers: {title}", many, "a loop of get_best_references", loop, 10, "faster", 3, 1)
    for header, found, said in zip(headers, ours, theirs, strict=True):
        for one in found:
            name = said.get(one.type, "NOT FOUND")
            if one.file != (None if "NOT FOUND" in name or name == "N/A" else name):
                raise AssertionError(f"{title}: {one} for {header}, and crds says {name}")
    return row


def _nearest(folder: Path) -> Row:
    """The ten nearest misses of a mapping of 500 rules, another header each time, against one selection by crds."""
    mappings = folder / "mappings" / "tmt"
    mappings.mkdir(parents=True)
    keys = '(("META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER", "META.SUBARRAY.NAME"), ("META.OBSERVATION.DATE",))'
    common = '"observatory": "TMT", "derived_from": "", "sha1sum": "", '
    rules = "".join(
        f"('D{i % 5}', 'F{i // 5}', 'GENERIC'): UseAfter({{'2020-01-01': 'a{i}.fits', '2024-01-01': 'b{i}.fits'}}),\n"
        for i in range(500)
    )
    texts = {
        "tmt_0001.pmap": (
            '"mapping": "PIPELINE", "parkey": ("META.INSTRUMENT.NAME",)',
            "{'IRIS': 'tmt_iris_0001.imap'}",
        ),
        "tmt_iris_0001.imap": (
            '"mapping": "INSTRUMENT", "instrument": "IRIS", "parkey": ("REFTYPE",)',
            "{'DARK': 'tmt_iris_dark_0001.rmap'}",
        ),
        "tmt_iris_dark_0001.rmap": (
            f'"mapping": "REFERENCE", "instrument": "IRIS", "filekind": "DARK", "parkey": {keys},'
            ' "classes": ("Match", "UseAfter")',
            f"Match({{\n{rules}}})",
        ),
    }
    for name, (header, selector) in texts.items():
        (mappings / name).write_text(f'header = {{{common}"name": "{name}", {header}}}\n\nselector = {selector}\n')
    cache = Cache.open(folder)
    plan = plan_for(cache, "tmt_0001.pmap", "IRIS")
    rng = random.Random(3)
    header: dict[str, str] = {}

    def ours() -> None:
        header.update(
            {"META.INSTRUMENT.NAME": "IRIS", "META.SUBARRAY.NAME": "FULL", "META.OBSERVATION.DATE": "2022-01-01"}
        )
        header["META.INSTRUMENT.DETECTOR"] = f"D{rng.randrange(5)}"
        header["META.INSTRUMENT.FILTER"] = f"F{rng.randrange(100)}"
        if len(near_misses(plan, "dark", header, None, most=10)) != 10:
            raise AssertionError("near misses are lacking")

    return compare(
        "ten nearest misses, 500 rules", ours, "one selection", lambda: _stock(cache, plan, header), 50, repeat=40
    )


class Maker:
    """Headers of one instrument, out of the values that its rules list."""

    def __init__(self, cache: Cache, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        self.fixed = {str(cache.load(plan.context).instrument_key).upper(): plan.instrument}
        self.values: dict[str, set[str]] = {}
        for rmap in plan.rmaps.values():
            for name, listed in rmap.selector.get_value_map().items():
                self.values.setdefault(name.upper(), set()).update(listed)
        begins = sorted(datetime.fromisoformat(text) for text in self._dates())
        self.first, self.span = begins[0] - 0.1 * _YEAR, begins[-1] - begins[0] + _YEAR

    def _dates(self) -> set[str]:
        choices = [one for rmap in self.plan.rmaps.values() for one in rmap.selector.choices()]
        dated = [one for one in choices if type(one).__name__ == "UseAfterSelector"]
        return {key for one in dated for key, _ in one._selections}

    def run(self) -> list[dict[str, str]]:
        """Files of some modes, one after the other through some weeks."""
        modes = [self._mode() for _ in range(_MODES)]
        start = self.first + 0.8 * self.span
        return [self._dated(self.rng.choice(modes), start + number * _EXPOSURE) for number in range(_MANY)]

    def mixture(self) -> list[dict[str, str]]:
        """Each file with values and a date of its own."""
        return [self._dated(self._mode(), self.first + self.rng.random() * self.span) for _ in range(_MANY)]

    def _mode(self) -> dict[str, str]:
        listed = {name: sorted(self.values[name])[:_VALUES] for name in self.plan.parkeys if self.values.get(name)}
        return {name: self.rng.choice(some) for name, some in listed.items()} | self.fixed

    def _dated(self, mode: dict[str, str], when: datetime) -> dict[str, str]:
        header = dict(mode)
        for name in self.plan.parkeys:
            if "DATE" in name:
                header[name] = when.strftime("%Y-%m-%d")
            elif "TIME" in name:
                header[name] = when.strftime("%H:%M:%S")
        return header


def _stock(cache: Cache, plan: Plan, header: dict[str, str]) -> Any:
    """As `crds.core.rmap.get_best_references` does it: the header minimised, conditioned, looked up."""
    pmap = cache.load(plan.context)
    return pmap.get_best_references(crds_module("core.utils").condition_header(pmap.minimize_header(header)))
