"""Real MOSFIRE arcs, solved blind from their flux alone, against the wavelengths that were published with them."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import AlgorithmError
from calgui.core.frames.frame import Frame
from tests.core.algorithms.arcs.madeup import against, solved

#: the published wavelengths are good to 0.15 pixel, and spliced
RMS, IDENTITY = 0.5, 1.5


def arc(real_data: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    table = fits.getdata(real_data / "arcs" / f"keck_mosfire_{name}.fits", 1)
    return table["flux"].astype(np.float32), table["wave"] / 10


def frame(flux: np.ndarray, low: float, high: float, lamps: str) -> Frame:
    return Frame(np.array(flux), None, None, {"LAMP": lamps, "WAVEMIN": low / 1e3, "WAVEMAX": high / 1e3})


@pytest.mark.parametrize(
    ("name", "lamps", "low", "high", "reverse"),
    [
        ("arcs_H", "Ar,Ne", 1.0, 1.0, False),
        ("arcs_H", "Ar,Ne,Kr,Xe", 1.05, 1.05, True),
        ("arcs_Y", "Ar,Ne", 0.95, 0.95, False),
        ("arcs_Y", "Ar,Ne", 1.03, 0.97, True),
        ("OH_H", "OH", 1.05, 0.99, False),
    ],
)
def test_real_arcs(real_data: Path, name: str, lamps: str, low: float, high: float, reverse: bool) -> None:
    flux, wave = arc(real_data, name)
    ends = wave[0] * low, wave[-1] * high
    if reverse:
        flux, wave = flux[::-1], wave[::-1]
    found = against(solved(frame(flux, *ends, lamps)), wave)
    assert found.rms < RMS
    assert found.identity < IDENTITY
    assert found.lines > 15


def test_a_piece_of_a_real_arc(real_data: Path) -> None:
    flux, wave = arc(real_data, "arcs_H")
    flux, wave = flux[700:2200], wave[700:2200]
    found = against(solved(frame(flux, wave[0] * 1.04, wave[-1] * 1.04, "Ar,Ne")), wave)
    assert found.rms < RMS
    assert found.identity < IDENTITY


def test_lamps_that_were_off_lend_no_lines_to_a_real_sky(real_data: Path) -> None:
    flux, wave = arc(real_data, "OH_H")
    result = solved(frame(flux, wave[0], wave[-1], "OH,Ne,Kr,Ar"))
    assert result.metrics["lamps"].value == "OH"
    assert against(result, wave).identity < IDENTITY


@pytest.mark.parametrize(("name", "lamps"), [("arcs_H", "Kr"), ("arcs_Y", "Xe")])
def test_other_lamps_than_those_in_a_real_arc_are_refused(real_data: Path, name: str, lamps: str) -> None:
    flux, wave = arc(real_data, name)
    with pytest.raises(AlgorithmError):
        solved(frame(flux, wave[0], wave[-1], lamps))
