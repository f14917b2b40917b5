"""A new flux star against the one in use: of images, of spectra, and against an exposure of a star."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.fluxstar.config import ExtractConfig
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing import as_document, comparer_of
from calgui.core.runs.comparing.fluxstars import compare
from calgui.core.runs.tableframes import TableFrame, read_tables, tables_of
from tests.core.algorithms.fluxstar.scenes import HEADER, SKY, exposed, star_light

PLACE = (60.3, 59.6)


def extract(flux: float, seed: int, **header: Any) -> Result:
    frame = exposed(star_light(121, *PLACE, flux) + SKY, seed, **header)
    return algorithm("extract-star").run([frame], {}, ExtractConfig(flux_radius=160), Job("test"))


def spectrum(level: float, step_nm: float = 1.0, **header: Any) -> TableFrame:
    wave = np.arange(2000, 2200, step_nm) / 1e3
    flux = level * step_nm * (1 + 0.2 * (wave - 2.1))
    table = {"wavelength": wave, "flux": flux, "flux_error": np.full(wave.shape, 0.01 * level * step_nm)}
    radius = np.linspace(10, 300, 30)
    growth = {"radius": radius, "flux": 1 - np.exp(-radius / 40), "flux_error": np.full(30, 0.01)}
    return TableFrame(np.zeros(1, np.float32), header=header, tables={"SPECTRUM": table, "GROWTH": growth})


def test_the_ratio_is_that_of_the_fluxes_and_moves_the_zero_point() -> None:
    pulls = []
    for seed in range(10):
        new, old = (tables_of(extract(flux, seed + 50 * k, OBJECT="A")) for k, flux in enumerate((2.2e4, 2e4)))
        made = compare(new, old)
        value = {name: metric.value for name, metric in made.metrics.items()}
        pulls.append((value["flux_ratio"] - 1.1) / value["flux_ratio_error"])  # type: ignore[operator]
        assert value["zero_point_difference_mag"] == pytest.approx(2.5 * math.log10(value["flux_ratio"]))  # type: ignore[arg-type]
        assert value["fwhm_difference_mas"] == pytest.approx(0, abs=0.3)
        assert made.difference is None
        assert "they differ" in made.message
    assert abs(np.mean(pulls)) < 1
    assert 0.4 < np.std(pulls) < 1.6


def test_other_stars_say_nothing_of_the_zero_point() -> None:
    new, old = (tables_of(extract(2e4, 3, OBJECT=name)) for name in "AB")
    made = compare(new, old)
    assert made.metrics["zero_point_difference_mag"].value is None
    assert "others" in made.message


def test_an_exposure_in_use_is_extracted_likewise(tmp_path: Path) -> None:
    new = extract(2e4, 1)
    path = tmp_path / "old.fits"
    write_frame(exposed(star_light(121, 58.2, 61.3, 1e4) + SKY, 2), path)
    made = compare(tables_of(new), read_tables(path))
    assert made.metrics["flux_ratio"].value == pytest.approx(2, rel=0.02)
    assert made.metrics["compared_within_mas"].value == pytest.approx(160, rel=1e-3)
    assert "it was extracted" in made.message
    assert {"Growth of both"} == {curve.title for curve in made.curves}


def test_a_product_is_read_as_it_was_made(tmp_path: Path) -> None:
    result = extract(2e4, 1)
    path = tmp_path / "new.fits"
    write_frame(Frame(np.zeros((2, 2), np.float32), None, None, HEADER), path, list(result.extensions))
    read = read_tables(path)
    made = tables_of(result)
    for name in ("GROWTH", "PHOTOMETRY"):
        assert read.tables[name].keys() == made.tables[name].keys()
        for column, values in made.tables[name].items():
            np.testing.assert_allclose(read.tables[name][column], values, equal_nan=True)


def test_spectra_of_other_steps_are_compared_by_light_per_wavelength() -> None:
    made = compare(spectrum(3.0, OBJECT="A"), spectrum(2.0, 2.0, OBJECT="A"))
    assert made.metrics["flux_ratio"].value == pytest.approx(1.5, rel=1e-3)
    ratio = next(curve for curve in made.curves if curve.title == "Ratio of the spectra").lines["ratio"][1]
    assert np.allclose(ratio, 1.5, rtol=1e-3)
    document = as_document(made)
    assert document["metrics"]["flux_new_e_per_s"] == pytest.approx(3.0, rel=0.05)
    assert document["tables"][0]["title"] == "New and in use"


def test_what_cannot_be_compared_is_refused() -> None:
    image = tables_of(extract(2e4, 1, FILTER="K"))
    other = tables_of(extract(2e4, 1, FILTER="H"))
    for new, old, words in (
        (image, other, "FILTER is H"),
        (spectrum(1.0), image, "of an image"),
        (image, TableFrame(np.zeros(1, np.float32)), "neither"),
    ):
        with pytest.raises(InputError, match=words) as found:
            compare(new, old)
        assert found.value.cure


def test_it_is_the_comparer_of_flux_stars() -> None:
    how = comparer_of("FLUXSTAR")
    assert how is not None
    made = how.compared(extract(2e4, 1))
    assert isinstance(made, TableFrame)
    assert "GROWTH" in made.tables
