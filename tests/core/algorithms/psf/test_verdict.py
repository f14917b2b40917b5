"""What is said of a PSF beside its figures: of raw exposures, of levels that are not known, of no Strehl ratio."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.psf.measuring import ALGORITHMS, measure_psf
from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from tests.core.algorithms.psf.starlight import exposed, star

(HOW,) = ALGORITHMS
#: all of the halo within it is seen, so that nothing else is doubtful
RADIUS = 400.0


def judged(frame: Frame, **options: Any) -> Result:
    return measure_psf([frame], PsfConfig(flux_radius=RADIUS, **options))


def said(result: Result, words: str) -> list[str]:
    return [reason for reason in result.reasons if words in reason]


def image(size: int = 260) -> Any:
    return 3e6 * star(2.2, 1.0, 0.3).image(size, size / 2 - 0.7, size / 2 + 0.2)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({}, ""),
        ({"DETECTOR": "IRIS1"}, "no dark and no flat"),
        ({"DETECTOR": "IRIS1", "S_DARK": "COMPLETE"}, ""),
        ({"DETECTOR": "IRIS1", "S_DARK": "COMPLETE", "S_FLAT": "COMPLETE"}, ""),
    ],
)
def test_a_raw_exposure_is_doubtful_and_says_what_it_lacks(header: dict[str, str], words: str) -> None:
    result = judged(exposed(image(), 1, background=0.0, read=1.0, **header), background="none")
    found = said(result, "that was applied (S_DARK, S_FLAT)")
    assert len(found) == bool(words)
    assert result.verdict == ("doubtful" if words else "good"), result.reasons
    if words:
        assert words in found[0]
        assert "quick-look" in found[0]


def test_level_and_halo_are_told_apart_only_in_a_field_that_is_large_enough() -> None:
    small = judged(exposed(1e-2 * image(), 2))
    flux, error = (small.metrics[name].value for name in ("flux", "flux_error"))
    assert isinstance(flux, float)
    assert isinstance(error, float)
    (sentence,) = said(small, "Level and halo cannot be told apart")
    assert error > 0.05 * flux
    assert f"an error of {100 * error / flux:.0f} %, above 5 %" in sentence
    assert not said(judged(exposed(1e-2 * image(), 2), background="annulus", annulus=410.0), "Level and halo")
    large = judged(exposed(image(512), 2))
    assert large.metrics["flux_error"].value < 0.05 * large.metrics["flux"].value  # type: ignore[operator]
    assert not said(large, "Level and halo")


@pytest.fixture(scope="module")
def beside_a_brighter_one() -> Measured:
    """A star that another one of many times its light drowns, the brighter one saturated."""
    light = image() / 3e6
    pair = 1e6 * light + 3e8 * star(2.2, 1.0, 0.3).image(260, 219.0, 130.0)
    frame = exposed(pair, 3)
    assert HOW.measure is not None
    measured = HOW.measure([frame], {}, PsfConfig(stars="129,130; 219,130", saturation=1e6), Job())
    assert isinstance(measured, Measured)
    return measured


def test_a_star_without_a_strehl_ratio_is_doubtful_and_says_the_cure(beside_a_brighter_one: Measured) -> None:
    assert HOW.refit is not None
    result = HOW.refit(beside_a_brighter_one, PsfConfig(flux_radius=RADIUS), Job())
    assert result.metrics["strehl"].value is None
    assert result.verdict == "doubtful", result.reasons
    (sentence,) = said(result, "The star that is reported has no Strehl ratio")
    assert sentence.endswith(f"Choose a flux radius below {RADIUS:.0f} mas.")
    # the cure helps: the neighbor's middle lies outside of that circle
    near = HOW.refit(beside_a_brighter_one, PsfConfig(flux_radius=100.0), Job())
    assert not said(near, "no Strehl ratio")
    assert near.metrics["strehl"].value is not None


def test_a_saturated_star_and_what_it_covers_have_no_flux_and_nobody_excluded_them() -> None:
    frame = exposed(300 * image() + 1e6 * star(2.2).image(260, 150.0, 131.0), 4)
    config = PsfConfig(stars="129,130; 150,131", saturation=1e6, flux_radius=RADIUS)
    with pytest.raises(InputError, match="No flux can be measured of any star") as found:
        measure_psf([frame], config)
    assert "saturated" in str(found.value)
    assert "exclude" not in found.value.cure


def test_a_ratio_above_one_is_flagged_and_of_several_stars_it_is_null() -> None:
    # a hollow around one of two equal stars: half of its light is missing, its peak is not
    pair = 1e6 * (star(2.2).image(260, 70.0, 130.0) + star(2.2).image(260, 190.0, 130.0))
    y, x = np.indices(pair.shape)
    apart = np.hypot(x - 190.0, y - 130.0)
    pair[(apart > 9) & (apart < 45)] -= 60.0
    frame = exposed(pair, 5, background=100.0, read=1.0)
    result = measure_psf([frame], PsfConfig(stars="70,130; 190,130", flux_radius=200.0))
    rows: Any = next(one.data for one in result.extensions if one.name == "STARS")
    at = int(np.argmin(np.abs(np.asarray(rows["x_pixel"]) - 190.0)))
    assert "Strehl ratio above 1" in str(rows["flags"][at])
    assert "Strehl ratio above 1" in str(rows["no_strehl"][at])
    assert np.isnan(rows["strehl"][at])
    assert rows["strehl"][1 - at] == pytest.approx(1.0, abs=0.1)
