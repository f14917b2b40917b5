"""The arcs, the field of lenslets and the night sky of the demo, against the truth that stands beside them."""

import json
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from numpy.polynomial import legendre
from scipy.optimize import curve_fit
from scipy.special import ndtr

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(demo_night.truth.read_text())
    kinds: dict[str, Any] = document["kinds"]
    return kinds


def wavelengths(coefficients: list[float], pixels: int) -> np.ndarray:
    return legendre.legval(np.linspace(-1, 1, pixels), coefficients)


def centre(flux: np.ndarray, near: float) -> float:
    """Of a Gaussian that is integrated over pixels, fitted with a level."""
    first = round(near) - 6
    x, y = np.arange(first, first + 13), flux[first : first + 13]

    def line(x: np.ndarray, a: float, c: float, s: float, level: float) -> np.ndarray:
        return level + a * (ndtr((x + 0.5 - c) / s) - ndtr((x - 0.5 - c) / s))

    found, _ = curve_fit(line, x, y, (y.sum(), near, 1.0, 0.0))
    return float(found[1])


def alone(lines: list[dict[str, Any]], pixels: int, least: float, most: float = 90_000.0) -> list[dict[str, Any]]:
    """Lines that are bright, on the pixels, and 15 pixels from anything that matters."""
    kept = []
    for line in lines:
        others = [one for one in lines if one is not line and abs(one["pixel"] - line["pixel"]) < 15]
        clear = not others or max(one["electrons"] for one in others) < 2e-3 * line["electrons"]
        if clear and least < line["electrons"] < most and 20 < line["pixel"] < pixels - 20:
            kept.append(line)
    return kept


def flux_of(path: Any) -> np.ndarray:
    with fits.open(path) as hdus:
        data = hdus["SCI"].data
        return np.array(data["flux"] if hdus["SCI"].is_image is False else data, float)


def test_lines_of_the_arcs_are_where_the_truth_has_them(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    arcs = truth["arcspectra"]
    errors, directions = [], set()
    for arc in arcs["spectra"]:
        path = demo_night.raw / arc["file"]
        flux = flux_of(path) * arcs["seconds"]
        assert flux.shape == (arc["pixels"],)
        waves = wavelengths(arc["wavelength_nm"], arc["pixels"])
        directions.add(float(np.sign(waves[-1] - waves[0])))
        for line in alone(arc["lines"], arc["pixels"], 5000):
            where = np.interp(
                line["wavelength_nm"],
                *(v[:: int(np.sign(waves[-1] - waves[0]))] for v in (waves, np.arange(waves.size))),
            )
            assert where == pytest.approx(line["pixel"], abs=1e-3)
            errors.append(centre(flux, line["pixel"]) - line["pixel"])
        assert 3500 < arc["resolution"] < 10_000
    assert directions == {-1.0, 1.0}
    assert len(errors) > 40
    # 0.9 pixel over the root of 5,000 electrons, and more
    assert 1.4826 * np.median(np.abs(errors)) < 0.015
    assert abs(np.mean(errors)) < 0.003


def test_headers_of_the_arcs_are_rough_and_name_the_lamps(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    for arc in truth["arcspectra"]["spectra"]:
        header = fits.getheader(demo_night.raw / arc["file"])
        waves = wavelengths(arc["wavelength_nm"], arc["pixels"]) / 1e3
        wide = np.ptp(waves)
        assert abs(header["WAVEMIN"] - waves.min()) < 0.1 * wide
        assert abs(header["WAVEMAX"] - waves.max()) < 0.1 * wide
        named = set(header["LAMP"].split(","))
        seen = {line["species"] for line in arc["lines"]} - {""}
        assert seen == set(arc["lamps_on"])
        assert (named == seen) == ("refused" not in arc["why"])


def test_one_arc_is_saturated_and_says_so(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    full = {}
    for arc in truth["arcspectra"]["spectra"]:
        with fits.open(demo_night.raw / arc["file"]) as hdus:
            flags = hdus["DQ"].data if "DQ" in hdus else hdus["SCI"].data["dq"]
            full[arc["why"]] = int(((flags & dq.SATURATED) != 0).sum())
    assert {why for why, count in full.items() if count} == {"too bright: lines are saturated"}


def test_the_field_of_lenslets(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    field = truth["lensletarc"]
    with fits.open(demo_night.raw / field["file"]) as hdus:
        flux, error, flags, places = (hdus[name].data for name in ("SCI", "ERR", "DQ", "LENSLETS"))
        seconds = hdus[0].header["EXPTIME"]
    count, pixels = field["rows"] * field["columns"], field["pixels"]
    assert flux.shape == error.shape == flags.shape == (count, pixels)
    np.testing.assert_array_equal(places["row"] * field["columns"] + places["column"], np.arange(count))
    assert np.isnan(flux[field["dead"]]).all()
    assert np.isfinite(np.delete(flux, field["dead"], axis=0)).all()
    assert np.abs((flux * seconds)[field["dark"]]).max() < 6 * 9
    assert np.flatnonzero(((flags & dq.SATURATED) != 0).any(axis=1)).tolist() == [field["saturated"]]
    line = max(alone(field["lines"], pixels, 3000), key=lambda one: float(one["electrons"]))
    errors = []
    for index in range(0, count, 7):
        if field["throughput"][index] == 0 or index == field["saturated"]:
            continue
        waves = wavelengths(field["wavelength_nm"][index], pixels)
        where = float(np.interp(line["wavelength_nm"], waves, np.arange(pixels)))
        errors.append(centre(flux[index].astype(float) * seconds, where) - where)
    assert 1.4826 * np.median(np.abs(errors)) < 0.012
    assert abs(np.median(errors)) < 0.003


def test_wavecal_is_off_by_its_drift(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    field = truth["lensletarc"]
    with fits.open(demo_night.cache / "references/tmt/iris/tmt_iris_wavecal_0002.fits") as hdus:
        waves, table, lines = hdus["WAVELENGTH"].data, hdus["COEFF"].data, hdus["LINES"].data
    for index in (5, 200, 511):
        now = wavelengths(field["wavelength_nm"][index], field["pixels"])
        line = now[250]
        before = np.interp(line, 1e3 * waves[index].astype(float), np.arange(field["pixels"]))
        assert 250 - before == pytest.approx(field["drift_pixel"][index], abs=0.01)
        row = 1e3 * wavelengths(table["coefficients"][index], field["pixels"])
        np.testing.assert_allclose(row, 1e3 * waves[index].astype(float), rtol=1e-9)
    assert np.isnan(waves[field["dead"]]).all()
    one = lines[lines["spectrum"] == 200]
    np.testing.assert_allclose(
        one["wavelength"], np.interp(one["pixel"], np.arange(field["pixels"]), waves[200]), atol=1e-7
    )


def test_the_sky_stands_where_its_shift_says(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    from calgui.core.spectra.airglow import sky_lines

    field, night = truth["lensletarc"], truth["ohsky"]
    with fits.open(demo_night.raw / night["file"]) as hdus:
        flux, flags, seconds = hdus["SCI"].data.astype(float), hdus["DQ"].data, hdus[0].header["EXPTIME"]
    good = [index for index in range(len(flux)) if index not in {*field["dead"], *field["dark"]}]
    flux[(flags & dq.DO_NOT_USE) != 0] = 0
    listed = sky_lines().within(1597, 1678)
    # what lies within 0.1 nm is one line of the spectrograph, a doublet of OH
    starts = np.flatnonzero(np.diff(listed.wavelength, prepend=0) > 0.1)
    strength = np.add.reduceat(listed.intensity, starts)
    mean = np.add.reduceat(listed.intensity * listed.wavelength, starts) / strength
    clear = [
        index
        for index in range(len(mean))
        if not ((np.abs(mean - mean[index]) < 2.5) & (strength > 0.01 * strength[index]) & (mean != mean[index])).any()
    ]
    bright = sorted(clear, key=lambda index: -float(strength[index]))[:4]
    shifts = []
    for index in good[::9]:
        waves = wavelengths(field["wavelength_nm"][index], field["pixels"])
        for wave in mean[bright]:
            where = float(np.interp(wave, waves, np.arange(field["pixels"])))
            found = centre(flux[index] * seconds, where) - where
            shifts.append(found - night["shift_pixel"][index])
    assert abs(np.median(shifts)) < 0.01
    assert night["shift_median_pixel"] == pytest.approx(0.173, abs=0.02)
