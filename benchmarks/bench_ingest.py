"""Ingest: proposing a flat and previewing it for 10,000 observations, against comparing two contexts that are there."""

import random
import tempfile
from pathlib import Path

from astropy.io import fits

from benchmarks.bench_rules import Maker
from benchmarks.harness import Row, compare
from calgui.core.rules.cache import Cache
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.preview import preview
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Request
from calgui.core.rules.questions.compare import changed_selections, compare_contexts
from calgui.core.rules.selection.header import plan_for


def measure() -> list[Row]:
    """The preview, from the file's header to the list of changed selections, every time anew."""
    with tempfile.TemporaryDirectory() as name:
        from calgui.core.simulate import make_demo

        folder = Path(name)
        cache = Cache.open(make_demo(folder / "demo", size=128).cache)
        flat = folder / "flat.fits"
        with fits.open(next(cache.path.rglob("tmt_iris_flat_0001.fits"))) as hdus:
            hdus[0].header["USEAFTER"] = "2026-02-01T00:00:00"
            hdus.writeto(flat)
        request = Request((flat,), rename=True)
        proposal = propose(cache, request)
        written = Cache.open(write_overlay(cache, proposal, folder / "overlay").folder)
        old, new = proposal.context, proposal.new_context
        headers = Maker(cache, plan_for(cache, old, "IRIS"), random.Random(9)).run()
        changed = preview(cache, proposal, headers).observations
        assert [(one.index, one.type) for one in changed] == [
            (one.index, one.type) for one in changed_selections(written, old, written, new, headers)
        ]
        return [
            compare(
                f"preview of an ingest for {len(headers):,} observations",
                lambda: preview(cache, propose(cache, request), headers),
                "comparing the same two contexts, written",
                lambda: (
                    compare_contexts(written, old, written, new),
                    changed_selections(written, old, written, new, headers),
                ),
                3.0,
            )
        ]
