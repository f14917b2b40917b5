"""An arc that cannot be solved blind: what there is to see of it, and what lines named by hand do."""

from dataclasses import replace

import numpy as np
import pytest

from calgui.core.algorithms.arcs.algorithm import refit
from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.measuring import measure, with_field
from calgui.core.algorithms.arcs.solving import glance, solve
from calgui.core.algorithms.registry import algorithm
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.errors import AlgorithmError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.simulate.spectro.samples import Sample, lamp_arcs
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


def named(sample: Sample, count: int) -> str:
    """The brightest listed lines that stand apart, as the text of the option."""
    pixels, made = sample.pixel.reshape(-1), []
    for at in np.argsort(-sample.light.flux):
        far = all(abs(pixels[at] - pixels[other]) > 150 for other in made)
        if sample.light.species[at] and 20 < pixels[at] < 880 and far:
            made.append(at)
    return "; ".join(f"{pixels[at]:.1f}={sample.light.wavelength[at]:.3f}" for at in made[:count])


def test_names_by_hand_are_believed_rather_than_a_wrong_identification_of_a_whole_field() -> None:
    (sample,) = lamp_arcs((31,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=900, unlisted=1)
    line = frame_of(sample, "Ar,Kr")
    rng = np.random.default_rng(6)
    data = (np.array(line.data)[:, None, None] + rng.normal(0, 4, (line.data.size, 2, 3))).astype(np.float32)
    header = {key: line.header[key] for key in ("LAMP", "WAVEMIN", "WAVEMAX", "BUNIT")} | {"CTYPE3": "WAVE"}
    measured = measure([Frame(data, None, None, header)], {}, ArcConfig(), Job())
    assert measured.named is not None
    # as if the lines had been taken for others that lie 20 pixels further
    far = measured.named.coefficients.copy()
    far[0] += 20 * 326 / 900
    listed = replace(measured.named.listed, wavelength=measured.named.listed.wavelength + 20 * 326 / 900)
    astray = replace(measured.named, listed=listed, coefficients=far)
    wrong = with_field(replace(measured, named=astray, field=None), Job())
    config = ArcConfig(identify=named(sample, 3))
    truth = sample.dispersion.wavelengths()[0]
    for begun in (measured, wrong):
        result = refit(begun, config, Job())
        assert all(against(result, truth, spectrum).rms < 0.05 for spectrum in range(6))
        assert {one.name for one in result.extensions} >= {"LSF", "RESOLUTION"}
    assert any("taken for others" in reason for reason in result.reasons)


def test_a_field_is_measured_anew_only_where_names_by_hand_move_the_solution() -> None:
    (sample,) = lamp_arcs((31,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=900, unlisted=1)
    line = frame_of(sample, "Ar,Kr")
    stack = Frame(np.stack([line.data] * 3), None, None, {**line.header, "LAYOUT": "SPECTRA"})
    measured = measure([stack], {}, ArcConfig(), Job())
    assert measured.field is not None
    same = solve(measured, ArcConfig(identify=named(sample, 1)), Job())
    assert same.measured.field is measured.field
    # one that counts already is not talked about; one whose name the spectra do not take is
    assert not any("is not used" in reason for reason in refit(measured, same.config, Job()).reasons)
    table = solve(measured, ArcConfig(), Job()).field
    assert table is not None
    rows = table.lines.of(measured.main)
    unknown = float(table.lines.pixel[rows][table.lines.state[rows] == LINE_STATES.index("unidentified")][0])
    wave = float(sample.dispersion.wavelengths()[0][round(unknown)])
    listed = measured.field.listed.wavelength
    nearest = float(listed[np.argmin(np.abs(listed - wave))])
    told = refit(measured, ArcConfig(identify=f"{unknown:.1f}={nearest:.3f}"), Job()).reasons
    assert any(f"pixel {unknown:.1f}" in reason for reason in told), told
    # the spectrum that is looked at is answered first where names by hand leave the field as it was measured
    before = refit(measured, ArcConfig(), Job()).spectra
    assert before is not None
    config = ArcConfig(identify=named(sample, 1), exclude=f"{before.lines.wavelength[rows][3]:.4f}")
    first, after = glance(measured, config, before, measured.main), refit(measured, config, Job()).spectra
    assert first is not None
    assert after is not None
    np.testing.assert_array_equal(first.lines.state[rows], after.lines.state[rows])
    np.testing.assert_allclose(first.wavelengths(measured.main), after.wavelengths(measured.main), rtol=1e-12)
    moved = "; ".join(f"{one:.1f}={wave + 40:.3f}" for one, wave in ((100.0, 1510.0), (800.0, 1760.0)))
    assert glance(measured, ArcConfig(identify=moved), before, measured.main) is None
