"""The transitions of the lines of the night sky, held to identifications that others published."""

import numpy as np
import pytest

from calgui.core.spectra.airglow import O2, sky_lines
from calgui.core.spectra.lines import line_list

#: middles of Λ doublets in vacuum, nm (Brooke et al. 2016, JQSRT 168, 142, as used for APOGEE's wavelengths)
BROOKE: tuple[tuple[str, str, float], ...] = (
    ("3-1", "P2(1.5)", 1518.713),
    ("3-1", "P1(2.5)", 1524.096),
    ("3-1", "P2(2.5)", 1528.779),
    ("3-1", "P2(3.5)", 1539.534),
    ("3-1", "P1(4.5)", 1543.217),
    ("3-1", "P1(5.5)", 1554.039),
    ("4-2", "R1(3.5)", 1554.613),
    ("4-2", "R1(2.5)", 1559.765),
    ("4-2", "P2(1.5)", 1597.261),
    ("4-2", "P1(2.5)", 1603.082),
    ("4-2", "P2(2.5)", 1607.975),
    ("4-2", "P1(3.5)", 1612.861),
    ("4-2", "P1(4.5)", 1623.536),
    ("4-2", "P1(5.5)", 1635.129),
    ("5-3", "R2(2.5)", 1641.474),
    ("5-3", "R1(2.5)", 1644.215),
    ("5-3", "R1(1.5)", 1650.235),
    ("5-3", "R2(0.5)", 1655.381),
    ("5-3", "Q2(0.5)", 1668.918),
    ("5-3", "Q1(1.5)", 1669.237),
    ("5-3", "Q2(1.5)", 1670.264),
    ("5-3", "Q1(2.5)", 1670.885),
    ("5-3", "P1(2.5)", 1690.367),
)


@pytest.mark.parametrize(("family", "branch", "wavelength"), BROOKE)
def test_lines_are_the_transitions_that_others_say(family: str, branch: str, wavelength: float) -> None:
    lines = sky_lines()
    mine = [
        float(wave)
        for wave, one, other in zip(lines.wavelength, lines.family, lines.branch, strict=True)
        if (one, other) == (family, branch)
    ]
    assert 1 <= len(mine) <= 2
    assert abs(np.mean(mine) - wavelength) < 0.007


def test_every_line_of_oh_beyond_920_nm_is_identified_once() -> None:
    lines = sky_lines().within(920, 2600)
    assert len(lines.wavelength) == 1204
    assert all(name and name != O2 for name in lines.family)
    seen: dict[tuple[str, str], int] = {}
    for key in zip(lines.family, lines.branch, strict=True):
        seen[key] = seen.get(key, 0) + 1
    assert max(seen.values()) == 2  # the two lines of a doublet
    assert np.all(lines.rotational > -130)
    assert np.all(np.isfinite(lines.rotational))


def test_bands_begin_where_their_heads_are_known_to_be() -> None:
    """The R heads of Δv = 2 and 3 as the atlases of the airglow give them, to 2 %."""
    heads = {"2-0": 1400, "3-1": 1470, "4-2": 1545, "5-3": 1630, "6-4": 1722, "7-5": 1830, "8-6": 1955, "9-7": 2100}
    heads |= {"6-3": 1130, "7-4": 1198, "8-5": 1276, "9-6": 1367}
    lines = sky_lines()
    for name, head in heads.items():
        first = min(wave for wave, one in zip(lines.wavelength, lines.family, strict=True) if one == name)
        assert first == pytest.approx(head, rel=0.02), name


def test_the_brightest_unidentified_lines_are_of_oxygen() -> None:
    lines = sky_lines()
    oxygen = [float(wave) for wave, name in zip(lines.wavelength, lines.family, strict=True) if name == O2]
    assert len(oxygen) > 40
    assert 861 < min(oxygen) < 866
    assert 867 < max(oxygen) < 871
    bright = lines.intensity > 1
    assert all(name for name, strong in zip(lines.family, bright, strict=True) if strong)


def test_both_lists_are_the_same_lines() -> None:
    assert np.array_equal(line_list("OH").wavelength, sky_lines().wavelength)
