"""Skies that do not fit: refused or doubted, each with a sentence and a cure."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.cubesky import CubeSkyConfig, subtract_cube_sky
from calgui.core.errors import Cancelled, InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from tests.core.algorithms.cubesky.skycubes import SkyOf

SKY = SkyOf(nx=10, ny=10)


def refused(science: Frame, sky: Frame | None, *words: str) -> None:
    with pytest.raises(InputError) as told:
        subtract_cube_sky(science, sky, CubeSkyConfig())
    assert told.value.cure
    for word in words:
        assert word.upper() in str(told.value).upper(), str(told.value)


def without(frame: Frame, *keys: str, **cards: Any) -> Frame:
    header = {key: card for key, card in frame.header.items() if key not in keys} | cards
    return Frame(frame.data, frame.err, frame.dq, header, frame.path)


@pytest.fixture(scope="module")
def pair() -> tuple[Frame, Frame]:
    return SKY.changed(shift=0.05).frame(1), SKY.frame(2)


@pytest.mark.parametrize(
    ("key", "card", "word"),
    [
        ("FILTER", "Kbb", "filter"), ("GRATING", "H10000", "grating"), ("DETECTOR", "IRIS1", "detector"),
        ("SCALE", 0.05, "arcsec"), ("BUNIT", "erg/s", "BUNIT"),
    ],
)  # fmt: skip
def test_another_kind_of_sky_is_refused(pair: tuple[Frame, Frame], key: str, card: Any, word: str) -> None:
    refused(pair[0], without(pair[1], **{key: card}), word, str(card))


def test_no_sky_no_wavelengths_no_light(pair: tuple[Frame, Frame]) -> None:
    science, sky = pair
    refused(science, None, "no sky")
    refused(science, without(sky, "CTYPE3"), "CTYPE")
    refused(science, without(sky, CTYPE1="WAVE", CTYPE3="RA---TAN"), "axis 1")
    refused(science, without(sky, "CD3_3"), "wavelengths")
    refused(science, without(sky, CRVAL3=2000.0), "covers")
    refused(science, Frame(np.full_like(sky.data, np.nan), sky.err, sky.dq, sky.header), "NaN")
    refused(science, Frame(sky.data, sky.err, np.ones_like(sky.data, np.uint32), sky.header), "flagged")
    refused(Frame(np.full_like(sky.data, np.nan), sky.err, sky.dq, sky.header), sky, "science cube")
    same = Path("one.fits")
    one = Frame(science.data, science.err, science.dq, science.header, same)
    refused(one, one, "itself")


def reasons(science: Frame, sky: Frame, **options: Any) -> str:
    result = subtract_cube_sky(science, sky, CubeSkyConfig(**options))
    assert result.verdict != "good"
    return " ".join(result.reasons)


def test_age_and_what_was_done_before_are_told(pair: tuple[Frame, Frame]) -> None:
    science, sky = pair
    late = without(sky, **{"TIME-OBS": "14:10:00"})
    assert "130 minutes" in reasons(science, late)
    assert subtract_cube_sky(science, late, CubeSkyConfig(sky_age=200)).verdict == "good"
    assert "days" in reasons(science, without(sky, **{"DATE-OBS": "2026-03-21"}))
    assert "when it was taken" in reasons(science, without(sky, "DATE-OBS", "TIME-OBS"))
    assert "before" in reasons(without(science, S_BKDSUB="COMPLETE"), sky)
    assert "with its light" in reasons(science, without(sky, S_BKDSUB="COMPLETE"))


def test_another_resolution_a_far_shift_and_a_dark_sky_are_told(pair: tuple[Frame, Frame]) -> None:
    science, sky = pair
    assert "narrower" in reasons(science, SKY.changed(sigma=1.0).frame(3))
    assert "limit of 0.5 pixel" in reasons(SKY.changed(shift=0.8).frame(4), sky)
    result = subtract_cube_sky(SKY.changed(shift=0.8).frame(4), sky, CubeSkyConfig(max_shift=1.5))
    assert result.verdict == "good"
    assert "No line of the list" in reasons(science, SKY.changed(brightest=1e-3).frame(5))
    assert "no ERR" in reasons(Frame(science.data, None, None, science.header), sky)


def test_an_object_in_the_sky_is_told() -> None:
    sky = SkyOf(nx=20, ny=20)
    light = np.zeros((sky.planes, 20, 20))
    light[:, 4:8, 4:8] = 400
    assert "object of its own" in reasons(sky.changed(shift=0.05).frame(6), sky.frame(7, light))


def test_rates_of_another_exposure_time_are_brought_to_the_unit_of_the_science(pair: tuple[Frame, Frame]) -> None:
    science, sky = pair
    assert sky.err is not None
    rate = Frame(sky.data / 900, sky.err / 900, sky.dq, sky.header | {"BUNIT": "electron/s"})
    result = subtract_cube_sky(science, rate, CubeSkyConfig())
    assert result.metrics["scale"].value == pytest.approx(1, abs=0.01)
    assert result.frame is not None
    assert abs(result.frame.data.mean()) < 2


def test_counts_without_a_time_are_taken_as_they_are_and_rates_are_not_mixed_with_them(
    pair: tuple[Frame, Frame],
) -> None:
    science, sky = (without(frame, "EXPTIME") for frame in pair)
    assert subtract_cube_sky(science, sky, CubeSkyConfig()).metrics["scale"].value == pytest.approx(1, abs=0.01)
    refused(pair[0], without(sky, BUNIT="adu/s"), "GAIN")
    refused(science, without(sky, BUNIT="electron/s"), "exposure time")


def test_it_can_be_cancelled(pair: tuple[Frame, Frame]) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        subtract_cube_sky(*pair, CubeSkyConfig(), job)
