"""An arc that cannot be solved blind: what there is to see of it, and what lines named by hand do."""

import numpy as np
import pytest

from calgui.core.algorithms.registry import algorithm
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.errors import AlgorithmError
from calgui.core.jobs import Job
from calgui.core.simulate.spectro.samples import lamp_arcs
from tests.core.algorithms.arcs.madeup import against, frame_of

HOW = algorithm("wavelength-solution")


def test_lines_are_shown_and_two_names_tell_the_range_of_all_others() -> None:
    (sample,) = lamp_arcs((5,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=1700)
    frame = frame_of(sample, "Ar,Kr", WAVEMIN=2.10, WAVEMAX=2.35)
    assert HOW.measure is not None
    assert HOW.refit is not None
    assert HOW.unsolved is not None
    measured = HOW.measure([frame], {}, HOW.config(), Job())
    with pytest.raises(AlgorithmError, match="no better than chance"):
        HOW.refit(measured, HOW.config(), Job())
    seen = HOW.unsolved(measured, HOW.config())
    assert not seen.has_product
    assert seen.spectra is not None
    lines = seen.spectra.lines
    assert len(lines.pixel) > 10
    assert {LINE_STATES[state] for state in lines.state} == {"unidentified"}
    assert np.isnan(seen.spectra.wavelengths(0)).all()
    # the two brightest lines that stand apart, with the nearest listed wavelengths that the truth has for them
    truth = sample.dispersion.wavelengths()[0]
    bright = lines.pixel[np.argsort(-lines.flux)]
    first = bright[0]
    second = next(one for one in bright if abs(one - first) > 500)
    named = []
    for pixel in (first, second):
        wave = float(np.interp(pixel, np.arange(truth.size), truth))
        listed = seen.spectra.wavelength[np.argmin(np.abs(seen.spectra.wavelength - wave))]
        named.append(f"{pixel:.1f}={listed:.3f}")
    result = HOW.refit(measured, HOW.config(identify="; ".join(named)), Job())
    found = against(result, truth)
    assert found.rms < 0.05
    assert found.identity < 1.0
    assert any("named by hand" in reason for reason in result.reasons)


def test_names_that_cannot_be_are_refused_and_not_fitted() -> None:
    (sample,) = lamp_arcs((5,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=1700)
    frame = frame_of(sample, "Ar,Kr", WAVEMIN=2.10, WAVEMAX=2.35)
    assert HOW.measure is not None
    assert HOW.refit is not None
    measured = HOW.measure([frame], {}, HOW.config(), Job())
    with pytest.raises(AlgorithmError):
        HOW.refit(measured, HOW.config(identify="100=2103.0; 1500=2340.5"), Job())
