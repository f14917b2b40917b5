"""Files validated: faults that were put in are told with their numbers, and what is good is let through."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from calgui.core.errors import InputError, UsageError
from calgui.core.validation import as_document, validate_file
from calgui.core.validation.validate import Validation, type_of

SIDE = 256
RATE, NOISE = 0.025, 0.05
HEADER: dict[str, Any] = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "DARK", "BUNIT": "electron/s",
    "USEAFTER": "2026-01-01T00:00:00", "AUTHOR": "a test", "DESCRIP": "a dark", "PEDIGREE": "SIMULATION",
    "EXPTIME": 100.0, "NCOMBINE": 9,
}  # fmt: skip
RAW: dict[str, Any] = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "EXP_TYPE": "IRIS_DARK", "FILTER": "OPAQUE",
    "GRATING": "MIRROR", "SCALE": 0.004, "DATE-OBS": "2026-03-11", "TIME-OBS": "00:10:00", "EXPTIME": 100.0,
    "GAIN": 3.0, "READNOIS": 9.0, "READMODE": "MCDS-8", "IMGDTEMP": 77.0, "BUNIT": "electron/s",
}  # fmt: skip


def dark(seed: int = 1) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (RATE + NOISE * rng.standard_normal((SIDE, SIDE))).astype(np.float32)


def write(
    path: Path,
    image: npt.NDArray[np.float32],
    header: dict[str, Any],
    err: npt.NDArray[np.float32] | None = None,
    dq: npt.NDArray[np.uint32] | None = None,
) -> Path:
    primary = fits.PrimaryHDU()
    primary.header.update(header)
    hdus = [primary, fits.ImageHDU(image, name="SCI")]
    hdus += [fits.ImageHDU(plane, name=name) for name, plane in (("ERR", err), ("DQ", dq)) if plane is not None]
    fits.HDUList(hdus).writeto(path)
    return path


def named(one: Validation, check: str) -> Any:
    return next(said for said in one.said if said.check == check)


def test_a_good_dark_is_good_and_its_figures_are_true(tmp_path: Path) -> None:
    image = dark()
    dq = np.zeros(image.shape, np.uint32)
    dq[10:20, 10:30] = 2049  # hot, do not use
    image[10:20, 10:30] = 50.0
    one = validate_file(write(tmp_path / "d.fits", image, HEADER, np.full_like(image, NOISE), dq))
    assert (one.verdict, one.reasons) == ("good", ())
    assert (one.type, one.calibration, one.is_reference) == ("DARK", "Dark frame", True)
    active = (SIDE - 8) ** 2 if SIDE in (1024, 2048, 4096) else int(one.figures["n_pixels"].value or 0)
    assert one.figures["hot_flag_fraction"].value == pytest.approx(200 / active)
    assert one.figures["level_e_per_s"].value == pytest.approx(RATE, abs=0.002)
    assert one.figures["noise_e_per_s"].value == pytest.approx(NOISE, rel=0.03)
    assert one.figures["noise_over_error"].value == pytest.approx(1, rel=0.03)
    assert one.figures["outlier_fraction"].value == 0.0


@pytest.mark.parametrize(("unit", "factor"), [("electron", 100.0), ("adu", 100 / 3.0), ("DN/s", 1 / 3.0)])
def test_rates_are_found_whatever_the_unit(tmp_path: Path, unit: str, factor: float) -> None:
    image = dark() * np.float32(factor)
    one = validate_file(write(tmp_path / "d.fits", image, HEADER | {"BUNIT": unit, "GAIN": 3.0}))
    assert one.figures["level_e_per_s"].value == pytest.approx(RATE, abs=0.002)
    assert one.verdict == "good"


def leak(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return image + np.float32(0.3) * np.exp(-np.arange(SIDE, dtype=np.float32) / 60)[None, :]


def many_hot(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    image.flat[::7] += 5
    return image


def holes(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    image[:, :100] = np.nan
    return image


@pytest.mark.parametrize(
    ("spoil", "check", "number"),
    [
        (leak, "uneven", None),
        (lambda image: image + np.float32(3), "level", 3.025),
        (lambda image: image - np.float32(1), "level", -0.975),
        (many_hot, "outliers", 1 / 7),
        (holes, "nan", 100 / SIDE),
        (lambda image: np.full_like(image, RATE), "noise", 0.0),
    ],
)
@pytest.mark.parametrize("header", [HEADER, RAW])
def test_a_bad_dark_is_caught_with_its_number(
    tmp_path: Path, spoil: Any, check: str, number: float | None, header: dict[str, Any]
) -> None:
    one = validate_file(write(tmp_path / "d.fits", spoil(dark()), header))
    said = named(one, check)
    assert one.verdict == said.verdict == "bad"
    assert said.threshold is not None
    assert f"{said.threshold:g}" in said.text
    assert said.look in said.sentence
    assert said.sentence in one.reasons
    if number is not None:
        assert said.value == pytest.approx(number, rel=0.05, abs=1e-9)


@pytest.mark.parametrize(
    ("header", "check", "verdict"),
    [
        ({**HEADER, "USEAFTER": None}, "useafter", "bad"),
        ({**HEADER, "BUNIT": "kg"}, "unit", "bad"),
        ({**HEADER, "AUTHOR": None}, "author", "doubtful"),
        ({**HEADER, "NCOMBINE": 2}, "combined", "bad"),
        ({**HEADER, "NCOMBINE": "many"}, "combined", "doubtful"),
        ({**HEADER, "CALVERD": "bad"}, "made_as", "bad"),
        ({**HEADER, "CALVERD": "doubtful"}, "made_as_doubtful", "doubtful"),
        ({**RAW, "FILTER": "K"}, "filter", "bad"),
        ({**RAW, "IMGDTEMP": 140.0}, "metadata_imgdtemp", "doubtful"),
        ({**RAW, "EXPTIME": -1.0}, "metadata_exptime", "bad"),
        ({**RAW, "MJD-OBS": 61111.0}, "metadata_date_mjd", "bad"),
    ],
)
def test_headers_are_held_to_their_checks(tmp_path: Path, header: dict[str, Any], check: str, verdict: str) -> None:
    kept = {key: value for key, value in header.items() if value is not None}
    one = validate_file(write(tmp_path / "d.fits", dark(), kept))
    assert named(one, check).verdict == verdict
    assert one.verdict == verdict


def test_a_product_keeps_the_keywords_of_its_exposures_and_is_a_reference(tmp_path: Path) -> None:
    one = validate_file(write(tmp_path / "d.fits", dark(), RAW | HEADER))
    assert one.is_reference
    assert one.verdict == "good"
    header = {key: value for key, value in (RAW | HEADER).items() if key not in ("USEAFTER", "SCALE")}
    assert {said.check for said in validate_file(write(tmp_path / "e.fits", dark(), header)).said if said.text} == {
        "useafter"
    }


def test_a_dark_without_an_image_is_bad(tmp_path: Path) -> None:
    primary = fits.PrimaryHDU()
    primary.header.update(HEADER)
    primary.writeto(tmp_path / "d.fits")
    one = validate_file(tmp_path / "d.fits")
    assert named(one, "pixels").verdict == one.verdict == "bad"


def test_changed_thresholds_count(tmp_path: Path) -> None:
    path = write(tmp_path / "d.fits", dark(), HEADER)
    mine = tmp_path / "mine.toml"
    mine.write_text("[dark.level]\ndoubtful_above = 0.01\nbad_above = 0.02\n", encoding="utf-8")
    one = validate_file(path, changes=mine)
    assert one.verdict == "bad"
    assert "above 0.02 e-/s" in one.reasons[0]
    assert as_document(one)["thresholds"] == str(mine)


def test_metadata_is_held_to_changed_ranges_and_limits(tmp_path: Path) -> None:
    path = write(tmp_path / "d.fits", dark(), RAW | {"MJD-OBS": 61110.00694444 + 30 / 86400})
    assert named(validate_file(path), "metadata_date_mjd").verdict == "doubtful"
    mine = tmp_path / "mine.toml"
    mine.write_text("[metadata.date_mjd]\ndoubtful_above = 60.0\nbad_above = 90.0\n", encoding="utf-8")
    assert validate_file(path, changes=mine).verdict == "good"
    mine.write_text("[metadata.date_mjd]\nbad_above = 10.0\n[metadata.imgdtemp]\ndoubtful_above = 70\n", "utf-8")
    one = validate_file(path, changes=mine)
    assert named(one, "metadata_date_mjd").verdict == "bad"
    assert "mostly 60 to 70" in named(one, "metadata_imgdtemp").text
    mine.write_text("[metadata.date_mjd]\noff = true\n[metadata.humidity]\nneed = true\n", encoding="utf-8")
    one = validate_file(path, changes=mine)
    assert [said.check for said in one.said if said.verdict == "bad"] == ["metadata_humidity"]
    assert named(validate_file(path), "metadata_date_mjd").verdict == "doubtful"
    for text in ("[metadata.nothing]\noff = true\n", "[metadata.el]\ncure = 'x'\n", "[metadata.el]\nbad_above='x'\n"):
        mine.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            validate_file(path, changes=mine)


def test_flats_masks_and_ramps(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    flat = (1 + 0.01 * rng.standard_normal((SIDE, SIDE))).astype(np.float32)
    good = {key: value for key, value in HEADER.items() if key not in ("BUNIT", "NCOMBINE")}
    header = good | {"REFTYPE": "FLAT", "FILTER": "K", "BUNIT": "1"}
    assert validate_file(write(tmp_path / "f.fits", flat, header)).verdict == "good"
    one = validate_file(write(tmp_path / "g.fits", 900 * flat, header))
    assert named(one, "level").verdict == "bad"
    dq = np.zeros((SIDE, SIDE), np.uint32)
    empty = validate_file(write(tmp_path / "m.fits", flat, good | {"REFTYPE": "MASK"}, dq=dq))
    assert named(empty, "flagged").verdict == "doubtful"
    ramp = (1000 * rng.random((1, 3, 32, 32))).astype(np.float32)
    raw = validate_file(write(tmp_path / "r.fits", ramp, RAW | {"BUNIT": "adu", "NGROUPS": 3, "NINTS": 1}))
    assert raw.verdict == "good"


def test_a_header_that_promises_ten_terabytes_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "d.fits", dark(), HEADER)
    raw = path.read_bytes()
    for axis in (b"NAXIS1", b"NAXIS2"):
        old = axis + b"  =                  256"
        assert old in raw
        raw = raw.replace(old, axis + b"  =              1600000")
    path.write_bytes(raw)
    with pytest.raises(InputError):
        validate_file(path)


def test_what_is_of_no_type_or_broken_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "d.fits", dark(), {"INSTRUME": "IRIS", "REFTYPE": "../../etc/passwd"})
    with pytest.raises(InputError, match="--type"):
        validate_file(path)
    assert validate_file(path, "dark").type == "DARK"
    with pytest.raises(UsageError, match="no type"):
        validate_file(path, "../dark")
    whole = path.read_bytes()
    (tmp_path / "cut.fits").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError):
        validate_file(tmp_path / "cut.fits", "dark")
    assert type_of({"EXP_TYPE": "IRIS_FLUXSTAR"}) == "FLUXSTAR"


def test_hostile_headers_never_reach_a_terminal(tmp_path: Path) -> None:
    path = write(tmp_path / "d.fits", dark(), HEADER | {"REFTYPE": "DARK"})
    raw = path.read_bytes()
    # what astropy refuses to write: control characters in values, and a file's worth of nonsense
    for old, new in (
        (b"'a test  '", b"'\x1b[31m\x07  '"),
        (b"'electron/s'", b"'\x1b]0;x\x07   '"),
        (b"'IRIS1   '", b"'\x00\x01\x02\x1b[2J'"),
    ):
        assert old in raw
        assert len(new) <= len(old) + 1
        raw = raw.replace(old, new.ljust(len(old))[: len(old)])
    path.write_bytes(raw)
    one = validate_file(path)
    assert one.verdict == "bad"
    document = as_document(one)
    texts = [*one.reasons, *one.notes, *(str(value) for check in document["checks"] for value in check.values())]
    assert all(text.isprintable() for text in texts)


def test_a_ramp_may_saturate_on_its_way_but_not_at_once(tmp_path: Path) -> None:
    ramp = np.cumsum(np.full((1, 4, 32, 32), 1000, np.float32), axis=1)
    header = RAW | {"BUNIT": "adu", "NGROUPS": 4, "NINTS": 1}
    groups = np.zeros(ramp.shape, np.uint32)
    groups[:, 2:] = 2
    late = validate_file(write(tmp_path / "late.fits", ramp, header, dq=groups))
    assert late.figures["saturated_fraction"].value == 0
    assert late.verdict == "good"
    groups[:, 1:] = 2
    early = validate_file(write(tmp_path / "early.fits", ramp, header, dq=groups))
    assert named(early, "saturated").value == 1
    assert early.verdict == "bad"


def test_a_flat_without_light_is_bad_only_where_a_lamp_was_on(tmp_path: Path) -> None:
    header = RAW | {"EXP_TYPE": "IRIS_FLAT", "FILTER": "K"}
    lit = validate_file(write(tmp_path / "on.fits", dark(), header | {"LAMP": "WHITE"}))
    assert named(lit, "light").verdict == "bad"
    assert validate_file(write(tmp_path / "off.fits", dark(), header | {"LAMP": "NONE"})).verdict == "good"
