"""Explaining and selecting references, against crds's own look-up of the same headers."""

import os
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, compare
from calgui.core.rules.bulk import best_references_many
from calgui.core.rules.cache import Cache
from calgui.core.rules.header import Plan, plan_for
from calgui.core.rules.setup import crds_module
from calgui.core.rules.trace import explain

_MANY = 10_000


def measure() -> list[Row]:
    """Rows for a made cache, and for the real ones where they are at hand."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
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
    key = str(cache.load(context).instrument_key).upper()
    rng = random.Random(5)
    values: dict[str, set[str]] = {}
    for rmap in plan.rmaps.values():
        for name, listed in getattr(rmap, "selector", rmap).get_value_map().items():
            values.setdefault(name.upper(), set()).update(listed)
    headers = [{**_header(rng, plan, values), key: instrument} for _ in range(_MANY)]
    turns = {"ours": 0}

    def traces() -> None:
        turns["ours"] += 1  # another header each time, so that no answer is simply remembered
        for kind in plan.rmaps:
            explain(cache, context, kind, headers[turns["ours"]], near=False)

    def crds() -> None:
        _stock(cache, plan, headers[turns["ours"]])

    def loop() -> list[Any]:
        return [_stock(cache, plan, header) for header in headers]

    def many() -> None:
        best_references_many(cache, context, headers)

    return [
        compare(f"explain all types, a new header, {title}", traces, "get_best_references", crds, 5, repeat=25),
        compare(f"best references of 10,000 headers, {title}", many, "a loop", loop, 10, "faster", 3, 1),
    ]


def _header(rng: random.Random, plan: Plan, values: dict[str, set[str]]) -> dict[str, str]:
    header = {}
    for name in plan.parkeys:
        if "DATE" in name:
            header[name] = f"{rng.randint(2003, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        elif "TIME" in name:
            header[name] = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00"
        elif values.get(name):
            header[name] = rng.choice(sorted(values[name])[:3])
    return header


def _stock(cache: Cache, plan: Plan, header: dict[str, str]) -> Any:
    """The same answers from crds alone: its minimised header, conditioned, and its own look-up."""
    pmap = cache.load(plan.context)
    given = crds_module("core.utils").condition_header(pmap.minimize_header(header))
    return pmap.get_best_references(given)
