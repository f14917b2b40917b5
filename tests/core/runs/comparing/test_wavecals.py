"""Two wavelength solutions of the same spectra."""

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing.wavecals import compare

MODE = {"DETECTOR": "IFS1", "FILTER": "Hbb", "GRATING": "H4000"}


def solution(spectra: int = 4, shift: float = 0.0, **header: object) -> Frame:
    pixel = np.arange(300.0)
    wave = 1.5 + 1e-3 * (pixel + shift) + 1e-3 * 0.01 * np.arange(spectra)[:, None]
    return Frame(wave.astype(np.float32), None, None, MODE | header)


def test_a_shift_is_told_in_pixels_and_as_a_velocity() -> None:
    made = compare(solution(shift=0.25), solution())
    assert made.status == "compared"
    assert made.metrics["shift_pixel"].value == pytest.approx(0.25, abs=1e-3)
    assert made.metrics["rms_without_shift_pixel"].value == pytest.approx(0, abs=1e-3)
    # 0.25 nm at the mean of 1/wavelength
    assert made.metrics["rms_km_per_s"].value == pytest.approx(299792.458 * 0.25e-3 / 1.65, rel=0.02)
    assert "more than" in made.message
    assert made.difference is not None
    assert made.difference.data.shape == (4, 300)
    assert "less than" in compare(solution(), solution()).message


def test_a_spectrum_alone_and_a_cube() -> None:
    one = Frame(np.array(solution().data[0]), None, None, MODE)
    assert compare(one, one).metrics["n_spectra"].value == 1
    cube = Frame(np.ascontiguousarray(solution().data.T.reshape(300, 2, 2)), None, None, MODE)
    assert compare(cube, cube).metrics["n_spectra"].value == 4


def test_failed_spectra_do_not_count() -> None:
    data = np.array(solution(shift=0.1).data)
    data[2] = np.nan
    made = compare(Frame(data, None, None, MODE), solution())
    assert made.metrics["n_spectra"].value == 3
    assert made.metrics["shift_pixel"].value == pytest.approx(0.1, abs=1e-3)


def test_other_spectra_are_refused() -> None:
    with pytest.raises(InputError, match="5 spectra of 300 pixels, the new one 4"):
        compare(solution(), solution(5))
    with pytest.raises(InputError, match="FILTER is K"):
        compare(solution(), solution(FILTER="K"))
