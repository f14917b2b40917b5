"""One spectrum of many, fitted before all others: it is what it becomes among them."""

import numpy as np
import pytest

from calgui.core.algorithms.arcs.field.fitting import fit_one, planned
from calgui.core.algorithms.arcs.field.solving import fit_field
from calgui.core.algorithms.arcs.field.values import FieldFit, FieldMeasured
from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES, Spectra
from calgui.core.jobs import Job
from tests.core.algorithms.arcs.field.test_field import Field


@pytest.fixture(scope="module")
def field() -> Field:
    return Field(21, rows=6, columns=8, lines=12, unlisted=2, hits=0.002, dead=0.1)


@pytest.fixture(scope="module")
def measured(field: Field) -> FieldMeasured:
    return field.measured()


def spectra_of(field: Field, made: FieldFit) -> Spectra:
    wave = field.listed.wavelength
    return Spectra(
        field.spectra.astype(np.float32), made.coefficients, made.domain, made.state, made.rms, made.fwhm, made.lines,
        field.at, field.listed.species, wave, field.listed.intensity, why=dict(made.why),
    )  # fmt: skip


@pytest.mark.parametrize("order", [None, 2, 4])
def test_it_is_fitted_as_among_all_others(field: Field, measured: FieldMeasured, order: int | None) -> None:
    before = fit_field(measured, 3, 5.0, (), Job())
    gone = [float(field.wavelength[4])]
    after = fit_field(measured, order, 5.0, gone, Job())
    plan = planned(measured, order, 5.0, gone)
    assert plan.order == after.order
    seen = 0
    for spectrum in range(field.count):
        one = fit_one(measured, plan, 5.0, spectrum)
        if one is None:
            assert after.state[spectrum] != SPECTRUM_STATES.index("solved")
            continue
        seen += 1
        shown = spectra_of(field, before).with_one(spectrum, one)
        rows = after.lines.of(spectrum)
        np.testing.assert_array_equal(shown.lines.state[rows], after.lines.state[rows])
        np.testing.assert_allclose(shown.lines.residual[rows], after.lines.residual[rows], atol=1e-9)
        assert shown.state[spectrum] == after.state[spectrum]
        assert shown.why.get(spectrum) == after.why.get(spectrum)
        np.testing.assert_allclose(
            shown.wavelengths(spectrum), spectra_of(field, after).wavelengths(spectrum), rtol=1e-12
        )
    assert seen > 0.8 * field.count


def test_all_others_stay_as_they_are(field: Field, measured: FieldMeasured) -> None:
    before = spectra_of(field, fit_field(measured, 4, 5.0, (), Job()))
    plan = planned(measured, 2, 5.0, ())
    one = fit_one(measured, plan, 5.0, field.at)
    assert one is not None
    after = before.with_one(field.at, one)
    others = np.arange(field.count) != field.at
    np.testing.assert_array_equal(after.coefficients[others], before.coefficients[others])
    np.testing.assert_array_equal(after.state[others], before.state[others])
    rows = np.isin(after.lines.spectrum, np.flatnonzero(others))
    np.testing.assert_array_equal(after.lines.residual[rows], before.lines.residual[rows])
    # what was there before is not written into
    assert not np.shares_memory(after.lines.residual, before.lines.residual)
    assert np.isfinite(after.coefficients[field.at]).all()


def test_a_spectrum_without_light_takes_all_of_them_to_tell(field: Field, measured: FieldMeasured) -> None:
    (dead, *_) = np.flatnonzero(field.dead)
    assert fit_one(measured, planned(measured, 3, 5.0, ()), 5.0, int(dead)) is None
