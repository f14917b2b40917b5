"""The new PSF against the one in use."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.comparing.psfs import compare
from tests.core.algorithms.psf.starlight import exposed, star

SIZE = 121


def gaussian(fwhm: float, x: float = 60.0, y: float = 60.0, size: int = SIZE) -> Any:
    """A round Gaussian of sum 1, integrated over pixels."""
    sigma = fwhm / math.sqrt(8 * math.log(2))
    edges = np.arange(size + 1) - 0.5
    return np.diff(ndtr((edges - y) / sigma))[:, None] * np.diff(ndtr((edges - x) / sigma))


def psf(image: Any, name: str = "old.fits", dq: Any = None, **header: Any) -> Frame:
    return Frame(image.astype(np.float32), None, dq, {"SCALE": 0.004, **header}, Path(name))


def test_it_is_the_comparer_of_psfs() -> None:
    assert comparer_of("PSFSTAR") is not None


def test_a_wider_one_has_a_lower_peak_and_a_larger_energy_radius() -> None:
    made = compare(psf(gaussian(6.0)), psf(gaussian(5.0)))
    value = {name: metric.value for name, metric in made.metrics.items()}
    # a pixel adds 1/12 to the variance
    seen = [4 * math.sqrt(fwhm**2 + 8 * math.log(2) / 12) for fwhm in (6.0, 5.0)]
    assert value["fwhm_new_mas"] == pytest.approx(seen[0], rel=0.01)
    assert value["fwhm_old_mas"] == pytest.approx(seen[1], rel=0.01)
    # half of a Gaussian's light lies within half of its width; circles cut pixels, which are flat: as much again
    within = [2 * math.sqrt(fwhm**2 + 2 * 8 * math.log(2) / 12) for fwhm in (6.0, 5.0)]
    assert value["ee50_new_mas"] == pytest.approx(within[0], rel=0.01)
    assert value["ee50_old_mas"] == pytest.approx(within[1], rel=0.01)
    assert value["peak_ratio"] == pytest.approx((seen[1] / seen[0]) ** 2, rel=0.01)
    assert value["core_rms"] > 0.1
    assert made.difference is not None
    middle = made.difference.data.shape[0] // 2
    assert made.difference.data[middle, middle] == pytest.approx(1 - (seen[0] / seen[1]) ** 2, rel=0.02)
    gone, new = made.places("gone"), made.places("new")
    assert np.hypot(*(gone - middle).T).max() < np.hypot(*(new - middle).T).min()
    assert "old.fits" in made.message
    assert f"{value['peak_ratio']:.2f} times as high" in made.message
    (curve,) = made.curves
    assert curve.lines["new"][1][-1] == pytest.approx(1, abs=1e-3)


def test_place_scale_and_level_of_an_image_make_no_difference() -> None:
    field = 3e5 * gaussian(5.0, 83.37, 71.81, 160) + 12.0
    made = compare(psf(gaussian(5.0)), psf(field))
    assert made.metrics["peak_ratio"].value == pytest.approx(1, abs=0.005)
    assert made.metrics["core_rms"].value < 0.003  # type: ignore[operator]
    assert not len(made.places("new"))
    assert not len(made.places("gone"))


def test_pixels_that_are_flagged_are_no_star() -> None:
    image, bits = gaussian(5.0), np.zeros((SIZE, SIZE), np.uint32)
    image[100, 20], bits[100, 20] = 5.0, flags.DO_NOT_USE
    made = compare(psf(gaussian(5.0)), psf(image, dq=bits))
    assert made.metrics["peak_ratio"].value == pytest.approx(1, abs=0.005)


def test_strehl_ratios_of_products_are_told_apart_by_their_errors() -> None:
    said = {"STREHL": 0.70, "STREHLER": 0.01}
    for before, words in ((0.68, "they agree"), (0.60, "they differ")):
        old = psf(gaussian(5.0), STREHL=before, STREHLER=0.01)
        made = compare(psf(gaussian(5.0), "new.fits", **said), old)
        assert made.metrics["strehl_difference"].value == pytest.approx(0.70 - before)
        assert made.metrics["strehl_difference_error"].value == pytest.approx(0.01 * math.sqrt(2))
        assert words in made.message
        (table,) = made.tables
        assert table.rows[0][0] == "Strehl ratio"
        assert (0 in table.flagged) == (before == 0.60)


def test_a_star_in_use_is_measured_as_the_new_one_was() -> None:
    field = exposed(1e6 * star(2.2, 1.0, 0.3).image(260, 130.3, 128.9), 3, background=0.0, WAVECEN=2.2)
    how = PsfConfig(flux_radius=300.0, background="none")
    result = algorithm("measure-psf").run([field], {}, how, Job("test"))
    comparer = comparer_of("PSFSTAR")
    assert comparer is not None
    new = comparer.compared(result)
    assert new is not None
    made = compare(new, field)
    assert made.metrics["strehl_difference"].value == pytest.approx(0, abs=0.03)
    assert "the Strehl ratio" in made.message


def test_a_fiber_is_compared_with_a_fiber() -> None:
    fiber = {"REFTYPE": "FIBER", "EXP_TYPE": "FIBER"}
    made = compare(psf(gaussian(5.0), "new.fits", **fiber), psf(gaussian(5.0), **fiber))
    assert made.metrics["peak_ratio"].value == pytest.approx(1, abs=1e-3)
    assert comparer_of("FIBER") is not None
    header = {"EXP_TYPE": "FIBER", "WAVECEN": 2.2}
    field = exposed(1e6 * star(2.2).image(260, 130.3, 128.9), 3, background=0.0, **header)
    how = algorithm("measure-psf")
    result = how.run([field], {}, PsfConfig(flux_radius=300.0, source_mas=4.0), Job("test"))
    assert how.product_of(result) == "FIBER"
    assert result.keywords["PSFSRC"][0] == 4.0


def test_what_cannot_be_compared_is_refused() -> None:
    star = gaussian(5.0)
    good = psf(star, "new.fits")
    for new, old, words in (
        (psf(star, EXP_TYPE="FIBER"), psf(star), "of a fiber"),
        (good, psf(star[None]), "no image"),
        (good, psf(star, SCALE=0.009), "plate scale is 9 mas"),
        (good, psf(star[:12, :12]), "too few pixels"),
        (good, psf(np.full((SIZE, SIZE), np.nan)), "no usable pixel"),
        (good, psf(gaussian(5.0, 2.0, 60.0)), "no star away from its edges"),
    ):
        with pytest.raises(InputError, match=words) as found:
            compare(new, old)
        assert found.value.cure
