"""The lists of lines against real lamps and a real sky whose wavelengths others measured."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import UsageError
from calgui.core.spectra.lines import SPECIES, line_list
from calgui.core.spectra.wavelength import to_vacuum


@pytest.mark.parametrize("species", SPECIES)
def test_the_whole_range_is_there(species: str) -> None:
    lines = line_list(species)
    assert lines.wavelength[0] < 830
    assert lines.wavelength[-1] > 2300
    assert np.all(np.diff(lines.wavelength) >= 0)
    assert lines.intensity.max() == 1
    # every band of IRIS (Z, Y, J, H, K) has some
    for low, high in ((830, 930), (970, 1070), (1170, 1330), (1490, 1780), (2030, 2370)):
        assert len(lines.within(low, high).wavelength) >= 4, (species, low)


def test_known_lines_are_in_vacuum() -> None:
    # NIST: Ar I 811.5311 air = 811.7542 vacuum; Ne I 837.7608 air = 837.9909; Kr I 877.6749 air = 877.9161
    for species, vacuum in (("Ar", 811.7542), ("Ne", 837.9909), ("Kr", 877.9161), ("Xe", 882.1832)):
        assert np.abs(line_list(species).wavelength - vacuum).min() < 0.003, species


def test_the_strongest_of_a_range() -> None:
    lines = line_list("Ar")
    few = lines.within(1200, 1400, most=5)
    all_of_them = lines.within(1200, 1400)
    assert len(few.wavelength) == 5
    assert few.intensity.min() >= np.sort(all_of_them.intensity)[-5]
    assert np.all(np.diff(few.wavelength) > 0)
    assert len(lines.within(100, 200).wavelength) == 0


def test_an_unknown_species_is_named() -> None:
    with pytest.raises(UsageError, match=r"'Hg'.*Ar, Kr"):
        line_list("Hg")


@pytest.mark.parametrize(
    ("name", "species"),
    [("keck_mosfire_arcs_H", ("Ar", "Ne")), ("keck_mosfire_arcs_Y", ("Ar", "Ne")), ("keck_mosfire_OH_H", ("OH",))],
)
def test_real_lines_stand_where_the_lists_say(real_data: Path, name: str, species: tuple[str, ...]) -> None:
    table = fits.getdata(real_data / "arcs" / f"{name}.fits")
    wave, flux = (np.asarray(table[column], float) for column in ("wave", "flux"))
    # where the band is open; beyond, the published wavelengths are extrapolated
    low, high = (9720, 11250) if name.endswith("Y") else (14600, 18100)
    good = (wave > low) & (wave < high) & np.isfinite(flux)
    wave, flux = wave[good] / 10, flux[good]
    known = np.concatenate([line_list(one).wavelength for one in species])
    peaks = [
        place
        for place in range(2, len(flux) - 2)
        if flux[place] == flux[place - 2 : place + 3].max() and flux[place] > np.percentile(flux, 97)
    ]
    assert len(peaks) > 8
    step = np.median(np.diff(wave))
    apart = [np.abs(known - wave[place]).min() / step for place in peaks]
    # the published wavelengths are good to a fraction of a pixel; blends shift by one or two
    assert max(apart) < 2.5
    assert np.median(apart) < 0.6


def test_the_strong_lines_of_xenon_beyond_two_micrometres() -> None:
    # levels of Xe I in 1/cm: 5d [5/2] 3, 5d [3/2] 1 down to 6p [5/2] 2, 6p [5/2] 3, 6p [3/2] 1
    known = line_list("Xe").wavelength
    for upper, lower in ((82430.204, 78119.798), (82430.204, 78403.061), (83889.971, 78956.031)):
        assert np.min(np.abs(known - 1e7 / (upper - lower))) < 0.01


def test_the_lamps_that_osiris_sees_are_in_the_lists(real_data: Path) -> None:
    text = (real_data / "linelists" / "osiris_ArXeKr_kbb.dat").read_text().split()
    seen = np.array([float(word) for word in text]) / 10
    known = np.concatenate([line_list(one).wavelength for one in ("Ar", "Xe", "Kr")])
    apart = np.abs(known[None] - seen[:, None]).min(axis=1)
    assert len(seen) == 23
    assert apart.max() < 0.015


@pytest.mark.parametrize(
    ("species", "air"),
    [
        ("Kr", 810.43655), ("Kr", 811.29012), ("Kr", 826.32426), ("Kr", 829.81099), ("Xe", 823.16336),
        ("Xe", 840.91894), ("Xe", 979.9697), ("Xe", 992.3198),
    ],
)  # fmt: skip
def test_the_strong_lines_below_a_micrometre(species: str, air: float) -> None:
    # wavelengths in air as the NIST Handbook of Basic Atomic Spectroscopic Data has them
    vacuum = float(to_vacuum(np.array([air]))[0])
    assert np.min(np.abs(line_list(species).wavelength - vacuum)) < 0.003
