"""What ``crds certify`` prints is told apart by file, without control characters; constraints are data."""

import importlib.util
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.resources import resources
from calgui.core.rules.cache import Cache
from calgui.core.rules.certify import certify, read_output
from calgui.core.rules.tools import constraints

_HEAD = "CRDS - INFO -  Certifying '/a/{name}' ({n}/2) as 'FITS' relative to context 'tmt_0001.pmap'\n"


def test_errors_belong_to_their_file() -> None:
    text = (
        _HEAD.format(name="a.fits", n=1)
        + "CRDS - INFO -  FITS file 'a.fits' conforms to FITS standards.\n"
        + _HEAD.format(name="b.fits", n=2)
        + "CRDS - ERROR -  instrument='IRIS' type='DARK' data='/a/b.fits' ::  Checking 'X' : Missing \x1b[31mX\n"
        + "CRDS - WARNING -  Checking 'Y' failed\nCRDS - WARNING -  Checking 'Y' failed\nCRDS - INFO -  1 errors\n"
    )
    first, second = read_output(text, 2)
    assert (first.errors, first.warnings, first.problem) == ((), (), "")
    assert second.errors == ("Checking 'X' : Missing \N{REPLACEMENT CHARACTER}[31mX.",)
    assert second.warnings == ("Checking 'Y' failed.",)


def test_what_it_never_came_to_is_no_good_verdict() -> None:
    first, second = read_output(_HEAD.format(name="a.fits", n=1) + "Traceback\nValueError: no\n", 2)
    assert first.problem == ""
    assert "ValueError: no" in second.problem
    assert "Certifying" not in read_output("", 1)[0].errors


def test_constraints_are_those_of_all_and_of_the_type() -> None:
    asked = constraints("tmt", "dark")
    assert asked["USEAFTER"] == ("R", ())
    assert "ELECTRON/S" in asked["BUNIT"][1]
    assert "BUNIT" not in constraints("tmt", "mask")
    assert constraints("hst", "dark") == constraints("../tmt", "dark") == {}
    for path in (resources() / "observatories" / "constraints").glob("*.toml"):
        for kind in ("ALL", "DARK", "FLAT", "SKY", "WAVECAL"):
            assert all(presence in "RWO" for presence, _ in constraints(path.stem, kind).values())


def test_a_list_of_values_goes_on_in_the_next_line_and_a_date_is_named() -> None:
    text = _HEAD.format(name="a.fits", n=1) + (
        "CRDS - ERROR -  instrument='IRIS' ::  Checking 'F' : Value 'X' is not one of ['ANY',\n 'K',\n 'N/A']\n"
        "CRDS - ERROR -  Error mapping reference names and values to dataset names and values : not enough values\n"
        "CRDS - INFO -  2 errors\n"
    )
    first, _ = read_output(text, 2)
    assert first.errors[0] == "Checking 'F' : Value 'X' is not one of ['ANY', 'K', 'N/A']."
    assert first.errors[1].startswith("The header's date (USEAFTER)")


def test_what_is_told_of_two_files_is_of_those_two() -> None:
    text = (
        _HEAD.format(name="a.fits", n=1)
        + _HEAD.format(name="b.fits", n=2)
        + (
            "CRDS - ERROR -  ----------------------------------------\n"
            "Both 'b.fits' and 'a.fits' identically match case:\n ((('DETECTOR', 'IRIS1'),))\n"
            "CRDS - INFO -  1 errors\n"
        )
    )
    first, second = read_output(text, 2, ("a.fits", "b.fits"))
    assert (
        first.errors
        == second.errors
        == ("Both 'b.fits' and 'a.fits' identically match case: ((('DETECTOR', 'IRIS1'),)).",)
    )


def test_what_crds_lacks_itself_is_no_fault_of_a_file(real_data: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("stdatamodels") is not None:
        pytest.skip("crds has what it needs for JWST")
    cache = Cache.open(real_data / "caches" / "jwst")
    path = tmp_path / "jwst_niriss_flat_9999.fits"
    fits.PrimaryHDU().writeto(path)
    (said,) = certify(cache, [path])
    assert (said.errors, said.warnings) == ((), ())
    assert "needs packages for references of jwst that are not installed" in said.problem
