"""The picture behind a reason shows the pixels, limits and keywords that the reason is about."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames.fits import read_frame
from calgui.core.jobs import Job
from calgui.core.validation import examine, judged
from calgui.core.validation.checks import checks_for
from calgui.core.validation.pictures import SMALL, Illustration, Pictures

SIDE = 400
HOT, DO_NOT_USE = 2048, 1


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Illustration]:
    """All pictures of a dark with faults in known places."""
    rng = np.random.default_rng(5)
    image = (0.05 + 0.01 * rng.standard_normal((SIDE, SIDE))).astype(np.float32)
    image[:, : SIDE // 2] += 0.2
    image[30, 350] = 9.0
    image[200:210, 300] = np.nan
    flags = np.zeros((SIDE, SIDE), np.uint32)
    flags[100, 7] = HOT | DO_NOT_USE
    flags[50:80, 390] = HOT
    error = np.full((SIDE, SIDE), 0.01, np.float32)
    error[:20, :20] = 0
    primary = fits.PrimaryHDU()
    cards: dict[str, Any] = {"REFTYPE": "DARK", "BUNIT": "adu/s", "GAIN": 2.0, "DETECTOR": "IRIS1", "NCOMBINE": 2}
    primary.header.update(cards | {"AIRMASS": -5.0, "DESCRIP": "a dark"})
    planes = (("SCI", image), ("ERR", error), ("DQ", flags))
    path: Path = tmp_path_factory.mktemp("pictures") / "d.fits"
    fits.HDUList([primary, *(fits.ImageHDU(data, name=name) for name, data in planes)]).writeto(path)
    found = examine(path)
    checks = checks_for("dark")
    pictures = Pictures(found, read_frame(path), None, Job("pictures"))
    return {said.check: pictures.of(said, checks.named(said.check)) for said in judged(found, checks).said}


def test_flags_are_marked_where_they_are(shown: dict[str, Illustration]) -> None:
    hot = shown["hot"]
    assert hot.frame is not None
    assert hot.frame.dq is not None
    assert set(np.unique(hot.frame.dq)) == {0, HOT}
    assert int((hot.frame.dq == HOT).sum()) == 31
    assert hot.marked is not None
    assert hot.small is not None
    assert max(hot.small.shape) <= SMALL
    # a single pixel is not lost in a small picture
    factor = -(-SIDE // SMALL)
    assert hot.marked[100 // factor, 7 // factor]
    assert shown["do_not_use"].marked is not None
    assert int(shown["do_not_use"].marked.sum()) == 1


def test_missing_values_outliers_and_errors_are_marked(shown: dict[str, Illustration]) -> None:
    nan, outliers, errors = shown["nan"], shown["outliers"], shown["errors"]
    assert nan.frame is not None
    assert nan.frame.dq is not None
    assert np.argwhere(nan.frame.dq).tolist() == [[row, 300] for row in range(200, 210)]
    assert outliers.frame is not None
    assert outliers.frame.dq is not None
    assert [30, 350] in np.argwhere(outliers.frame.dq).tolist()
    assert int((outliers.frame.dq != 0).sum()) <= 3
    assert errors.frame is not None
    assert errors.frame.dq is not None
    assert int((errors.frame.dq != 0).sum()) == 400
    assert float(errors.frame.data.max()) == pytest.approx(0.01)


def test_an_uneven_level_is_shown_in_tiles(shown: dict[str, Illustration]) -> None:
    level = shown["uneven"].small
    assert level is not None
    across = np.median(level, axis=0)
    assert across[0] - across[-1] == pytest.approx(0.2, abs=0.01)
    assert np.ptp(level[:, 0]) < 0.01


def test_a_histogram_has_figure_and_limits_in_their_unit(shown: dict[str, Illustration]) -> None:
    level = shown["level"]
    assert level.kind == "histogram"
    assert level.edges is not None
    assert level.counts is not None
    marks = {(mark.what, mark.above): mark.at for mark in level.marks}
    assert marks["doubtful", True] == checks_for("dark").named("level").doubtful_above  # type: ignore[union-attr]
    # adu/s with a gain of 2: both halves of the picture, 0.05 and 0.25 adu/s, are at 0.1 and 0.5 e-/s
    middles = (level.edges[1:] + level.edges[:-1]) / 2
    low, high = middles < 0.3, middles >= 0.3
    assert np.average(middles[low], weights=level.counts[low]) == pytest.approx(0.1, abs=0.02)
    assert np.average(middles[high], weights=level.counts[high]) == pytest.approx(0.5, abs=0.02)


def test_keywords_are_lines_of_the_header_and_numbers_lie_between_limits(shown: dict[str, Illustration]) -> None:
    assert shown["author"].cards == ("AUTHOR   is not there",)
    assert shown["unit"].cards[0].startswith("BUNIT   = 'adu/s'")
    airmass = shown["metadata_airmass"]
    assert airmass.cards[:2] == ("AIRMASS = -5.0", "possible: 1 to 40")
    assert airmass.keyword == "AIRMASS"
    combined = shown["combined"]
    assert (combined.kind, [(mark.what, mark.at) for mark in combined.marks]) == (
        "range",
        [("value", 2.0), ("bad", 3.0), ("doubtful", 5.0)],
    )
