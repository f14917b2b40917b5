"""Blind solutions of simulated arcs against the truth that they were made with."""

from dataclasses import replace

import numpy as np
import pytest

from calgui.core.algorithms.arcs.lamps import lamp_lines
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame
from calgui.core.simulate.spectro.samples import even_arcs, lamp_arcs
from tests.core.algorithms.arcs.madeup import against, frame_of, solved

SIGMA = 0.9


def strongest(species: tuple[str, ...], low: float, high: float, count: int) -> np.ndarray:
    lines = lamp_lines(species).within(low, high).resolved(0.45)
    return lines.wavelength[np.sort(np.argsort(-lines.intensity * (lines.doubt < 0.02))[:count])]


def test_ten_lines_of_3000_electrons_give_a_fiftieth_of_a_pixel() -> None:
    waves = strongest(("Kr", "Ne"), 1598, 1677, 10)
    found = [
        against(solved(frame_of(sample, "Kr,Ne")), sample.dispersion.wavelengths()[0])
        for sample in even_arcs(range(6), waves)
    ]
    assert all(one.identity < 0.3 for one in found)
    assert np.mean([one.rms for one in found]) < 0.02


@pytest.mark.parametrize(
    ("species", "low", "high"),
    [(("Ar", "Kr"), 1474.0, 1800.0), (("Ar",), 1166.0, 1330.0), (("Ne", "Xe"), 1166.0, 1330.0)],
)
def test_lamps_are_identified_from_a_rough_range_in_either_direction(
    species: tuple[str, ...], low: float, high: float
) -> None:
    for number, sample in enumerate(lamp_arcs((11,), species, low, high, pixels=1700)):
        result = solved(frame_of(sample, ",".join(species)))
        found = against(result, sample.dispersion.wavelengths()[0])
        assert found.rms < 0.05, number
        assert found.identity < 1.0
        assert found.lines > 10
        assert result.metrics["chance"].value < 1e-3


@pytest.mark.parametrize("scale", [0.95, 1.05])
@pytest.mark.parametrize("falling", [False, True])
def test_the_range_may_be_off_by_a_twentieth_of_the_wavelength(scale: float, falling: bool) -> None:
    (sample,) = lamp_arcs((3,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=1700, reverse=falling)
    frame = frame_of(sample, "Ar,Kr", WAVEMIN=1.474 * scale, WAVEMAX=1.800 * scale)
    result = solved(frame)
    assert against(result, sample.dispersion.wavelengths()[0]).rms < 0.05
    assert (result.metrics["dispersion_nm_per_pixel"].value < 0) is falling


def test_a_lamp_that_is_not_in_the_frame_is_refused() -> None:
    for sample in lamp_arcs((21, 22), ("Xe",), 1474.0, 1800.0):
        with pytest.raises(AlgorithmError, match="Kr") as caught:
            solved(frame_of(sample, "Kr"))
        assert "lamps" in caught.value.cure


def test_a_lamp_that_was_off_beside_others_is_told() -> None:
    (sample,) = lamp_arcs((5,), ("Ar",), 1474.0, 1800.0, unlisted=0)
    result = solved(frame_of(sample, "Ar,Xe"))
    assert result.metrics["lamps"].value == "Ar"
    assert result.verdict == "doubtful"
    assert any("No lines of Xe" in reason for reason in result.reasons)
    assert against(result, sample.dispersion.wavelengths()[0]).rms < 0.05


def test_hot_pixels_a_continuum_and_padding_do_no_harm() -> None:
    (sample,) = lamp_arcs((8,), ("Ar", "Kr"), 1474.0, 1800.0)
    frame = frame_of(sample, "Ar,Kr")
    rng = np.random.default_rng(4)
    data = frame.data + np.float32(3000) + rng.normal(0, 55, frame.data.size).astype(np.float32)
    data[rng.choice(data.size, 20, replace=False)] += np.float32(20_000)
    padded = np.concatenate([np.zeros(60, np.float32), data, np.full(40, np.nan, np.float32)])
    result = solved(Frame(padded, None, None, frame.header))
    truth = sample.dispersion.wavelengths(np.arange(-60.0, data.size + 40))[0]
    found = against(result, truth)
    assert found.rms < 0.05
    assert found.identity < 1.0
    assert result.metrics["n_narrow"].value >= 10


def test_saturated_lines_are_flagged_and_not_used() -> None:
    (sample,) = lamp_arcs((9,), ("Ar", "Kr"), 1474.0, 1800.0, brightest=2_000_000.0)
    frame = frame_of(sample, "Ar,Kr")
    for flags in (frame.dq, None):
        result = solved(Frame(np.array(frame.data), np.array(frame.err), flags, frame.header))
        assert result.metrics["n_saturated"].value >= 1
        assert any("brightest lines" in reason and "shorter exposure" in reason for reason in result.reasons)
        assert result.verdict == "doubtful"
        assert against(result, sample.dispersion.wavelengths()[0]).rms < 0.05


@pytest.mark.parametrize(
    ("lines", "said"), [(0, "No line stands out"), (1, "Only one line"), (3, "Only 3 lines stand out")]
)
def test_a_dark_and_too_few_lines_are_refused(lines: int, said: str) -> None:
    waves = np.array([1610.0, 1640.0, 1660.0])[:lines]
    (sample,) = even_arcs((1,), waves) if lines else even_arcs((1,), np.array([3000.0]))
    with pytest.raises(InputError, match=said) as caught:
        solved(frame_of(sample, "Ar"))
    assert caught.value.cure


def test_lamps_and_range_are_asked_for() -> None:
    (sample,) = even_arcs((1,))
    frame = frame_of(sample, "")
    with pytest.raises(InputError, match="LAMP is missing") as caught:
        solved(frame)
    assert "lamps" in caught.value.cure
    with pytest.raises(InputError, match="no list of lines of a lamp 'Hg'"):
        solved(frame, lamps="Ar,Hg")
    bare = Frame(np.array(frame.data), None, None, {"LAMP": "Ar"})
    with pytest.raises(InputError, match=r"LAMP is OFF\. This is no arc"):
        solved(replace(frame, header={**frame.header, "LAMP": "OFF"}))
    with pytest.raises(InputError, match="WAVEMIN and WAVEMAX are missing"):
        solved(bare)
