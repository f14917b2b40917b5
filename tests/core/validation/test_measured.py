"""Algorithms that checks ask for: which they are, what they say, and what is made of a refusal."""

from pathlib import Path
from typing import Any

import pytest

from calgui.core.algorithms.registry import Metric, registry
from calgui.core.catalogue import CATALOGUE
from calgui.core.errors import AlgorithmError, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.validation import measured
from calgui.core.validation.checks import Check, checks_for, known_types
from calgui.core.validation.measured import measure_with, measuring


def test_each_image_of_science_asks_its_algorithm() -> None:
    asked = {kind: measuring(kind, checks_for(kind).checks) for kind in known_types()}
    assert {kind: names for kind, names in asked.items() if names} == {
        "ARC": ("wavelength-solution",),
        "FIBER": ("measure-psf",),
        "FLUXSTAR": ("extract-star",),
        "PINHOLE": ("distortion-solution",),
        "PSFSTAR": ("measure-psf",),
    }
    # a figure of somebody's file names algorithms of this calibration alone, and those that take one file
    for figure in ("fit_ramp.x", "master_dark.n", "os_system.x"):
        assert measuring("DARK", [Check("mine", figure=figure)]) == ()
    assert measuring("FLAT", [Check("mine", figure="normalize_flat.noise_over_limit")]) == ("normalize-flat",)


def test_every_type_has_checks_of_keywords_and_of_more() -> None:
    for kind in known_types():
        checks = checks_for(kind).checks
        own = [check for check in checks if check.name not in {one.name for one in checks_for("DRIZPARS").checks}]
        assert any(check.keyword for check in checks), kind
        assert all(check.cure and check.look for check in checks), kind
        if kind != "DRIZPARS":
            assert any(check.figure or check.extension for check in own), kind
    assert {kind for row in CATALOGUE for kind in row.reference_types} <= set(known_types())


class _Report:
    def __init__(self, verdict: str, *reasons: str) -> None:
        self.result = self
        self.metrics = {"strehl": Metric(0.5), "n_stars": Metric(2)}
        self.verdict, self.reasons = verdict, reasons


@pytest.mark.parametrize(
    ("outcome", "verdict", "word"),
    [
        (_Report("good"), "good", ""),
        (_Report("doubtful", "It is faint."), "good", ""),
        (_Report("bad", "It is \x1b[31mwide.", "And faint."), "bad", "of its reasons where 0 belong: It is"),
        (AlgorithmError("No star stands out.", cure="Expose longer."), "bad", "No star stands out. Expose longer."),
        (InputError("SCALE is missing.", cure="Give it."), "bad", "SCALE is missing. Give it."),
        (UsageError("No such context.", cure="Choose another."), None, ""),
    ],
)
def test_what_an_algorithm_says_counts(monkeypatch: Any, outcome: Any, verdict: str | None, word: str) -> None:
    def run(*_: Any, **__: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(measured, "run_files", run)
    assert "measure-psf" in registry()
    found = measure_with(["measure-psf"], Path("x.fits"), None, None, Job("Measure"))
    assert [one.verdict for one in found.said] == ([] if verdict is None else [verdict])
    assert all(word in one.text and one.text.isprintable() for one in found.said)
    assert all(text.isprintable() for text in found.notes)
    if isinstance(outcome, _Report):
        assert found.figures["measure_psf.strehl"].value == 0.5
    else:
        assert found.figures == {}
        assert found.notes or verdict == "bad"
