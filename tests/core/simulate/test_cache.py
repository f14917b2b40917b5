"""The demo's cache: loaded by stock crds in a process of its own, and held to answers worked out by hand."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from calgui.core.catalogue import CATALOGUE, PIPELINE_TYPES
from calgui.core.simulate import DemoNight

_KEYWORDS = {
    "META.INSTRUMENT.NAME": "INSTRUME",
    "META.INSTRUMENT.DETECTOR": "DETECTOR",
    "META.INSTRUMENT.FILTER": "FILTER",
    "META.INSTRUMENT.PUPIL": "PUPIL",
    "META.INSTRUMENT.GRATING": "GRATING",
    "META.SUBARRAY.NAME": "SUBARRAY",
    "META.OBSERVATION.DATE": "DATE-OBS",
    "META.OBSERVATION.TIME": "TIME-OBS",
}

#: stock crds, taught no more than the names of the observatory's modules
_STOCK = """
import json, sys, types
import crds
from crds.core import constants, rmap, utils
package, locate, iris = (types.ModuleType(name) for name in ("crds.tmt", "crds.tmt.locate", "crds.tmt.iris"))
locate.fits_to_parkeys = lambda header: header
package.locate, package.iris, package.__path__ = locate, iris, []
sys.modules.update({module.__name__: module for module in (package, locate, iris)})
crds.tmt = package
constants.ALL_OBSERVATORIES.append("tmt")
utils.clear_function_caches()
folder, headers = sys.argv[1], json.load(sys.stdin)
import os
answer = {"formats": {}, "selections": {}}
for name in sorted(os.listdir(folder)):
    answer["formats"][name] = rmap.load_mapping(name, path=folder, ignore_checksum=False).format()
for context in [name for name in os.listdir(folder) if name.endswith(".pmap")]:
    mapping = rmap.load_mapping(context, path=folder, ignore_checksum=False)
    answer["selections"][context] = {
        name: mapping.get_best_references(utils.condition_header(header)) for name, header in headers.items()
    }
json.dump(answer, sys.stdout)
"""


@pytest.fixture(scope="module")
def stock(demo_night: DemoNight) -> dict[str, Any]:
    headers = {}
    for path in demo_night.raw.glob("*.fits"):
        header = fits.getheader(path)
        headers[path.name] = {parkey: header[keyword] for parkey, keyword in _KEYWORDS.items()}
    folder = demo_night.cache / "mappings" / "tmt"
    environment = {
        "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
        "CRDS_READONLY_CACHE": "1",
        "CRDS_MODE": "local",
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", _STOCK, str(folder)],
        input=json.dumps(headers),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _plain(answer: str) -> str | None:
    if answer == "NOT FOUND n/a":
        return "N/A"
    return None if answer.startswith("NOT FOUND") else answer


def test_crds_selects_what_was_worked_out_by_hand(stock: dict[str, Any], truth: dict[str, Any]) -> None:
    assert set(stock["selections"]) == set(truth["contexts"])
    for context, files in truth["expected"].items():
        for name, expected in files.items():
            got = {kind.upper(): _plain(answer) for kind, answer in stock["selections"][context][name].items()}
            assert got == expected, (context, name)


def test_crds_would_write_the_mappings_as_they_are(stock: dict[str, Any], demo_night: DemoNight) -> None:
    folder = demo_night.cache / "mappings" / "tmt"
    assert stock["formats"] == {path.name: path.read_text() for path in folder.iterdir()}


def test_one_observation_lacks_a_flat_and_one_lacks_everything(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    newest = truth["expected"][truth["contexts"][-1]]
    lacking = {name: [kind for kind, file in files.items() if file is None] for name, files in newest.items()}
    lacking = {name: kinds for name, kinds in lacking.items() if kinds}
    science, mosaic = truth["kinds"]["science"], truth["kinds"]["mosaic"]
    bare = {name for detector in mosaic["detectors_without_references"] for name in mosaic["mosaic"][detector]}
    # PSF stars are taken in filters that no flat, sky or flux star serves
    stars = {star["file"] for star in truth["kinds"]["psfstars"]["singles"]}
    # the spectrograph is calibrated in its main mode; lenslets in their narrow filter have wavelengths and no more
    spectra = truth["kinds"]["arcspectra"]["spectra"] + truth["kinds"]["dispcube"]["cubes"]
    other = {arc["file"] for arc in spectra if fits.getheader(demo_night.raw / arc["file"])["FILTER"] != "Hbb"}
    narrow = {truth["kinds"][kind]["file"] for kind in ("lensletarc", "ohsky")}
    lamps = set(truth["kinds"]["hflat"]["lamp_on"])
    alone = {science["no_flat"], *lamps}
    assert set(lacking) == {*alone, science["before_every_reference"], *bare, *stars, *other, *narrow}
    mode = {"ARC", "FLUXSTAR", "INSDISP", "LENSLET", "RECTMAT"}
    assert {kind for name in other for kind in lacking[name]} == {*mode, "WAVECAL"}
    assert {kind for name in narrow for kind in lacking[name]} == mode
    assert {kind for star in stars for kind in lacking[star]} == {"FLAT", "FLUXSTAR", "SKY"}
    assert [kinds for name in alone for kinds in lacking[name] if kinds != "FLAT"] == []
    assert not [file for file in newest[science["before_every_reference"]].values() if file not in {None, "N/A"}]


def test_contexts_and_dates_matter(truth: dict[str, Any]) -> None:
    first, second, third = (truth["expected"][context] for context in truth["contexts"])
    image = "iris_20260311_image_0001.fits"
    assert first[image]["DARK"] == second[image]["DARK"] != third[image]["DARK"]
    assert set(first[image]) < set(second[image]) == set(third[image])
    # a file that is newer than every observation is chosen for none
    chosen = {file for files in third.values() for file in files.values()}
    assert "tmt_iris_dark_0005.fits" not in chosen


def test_headers_tell_what_was_used_and_two_kinds_of_it(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    newest = truth["expected"][truth["contexts"][-1]]
    science = truth["kinds"]["science"]
    agree, differ = science["says_what_the_newest_rules_select"], science["says_something_else"]
    assert agree
    assert differ
    for name in (*agree, *differ):
        header = fits.getheader(demo_night.raw / name)
        same = all(header[f"R_{kind}"] == f"crds://{newest[name][kind]}" for kind in ("DARK", "FLAT"))
        assert same == (name in agree)


def _mappings(night: DemoNight) -> dict[str, dict[str, Any]]:
    """Headers and rules of all mappings, read with ast alone."""
    found = {}
    for path in (night.cache / "mappings" / "tmt").iterdir():
        header, selector = ast.parse(path.read_text()).body
        assert isinstance(header, ast.Assign)
        assert isinstance(selector, ast.Assign)
        rules: Any = selector.value
        if isinstance(rules, ast.Call):
            table = rules.args[0]
            assert isinstance(table, ast.Dict)
            rules = {
                ast.literal_eval(key): ast.literal_eval(value.args[0])  # type: ignore[arg-type, attr-defined]
                for key, value in zip(table.keys, table.values, strict=True)
            }
        else:
            rules = ast.literal_eval(rules)
        found[path.name] = {"header": ast.literal_eval(header.value), "rules": rules}
    return found


def test_names_and_descent_are_true(demo_night: DemoNight) -> None:
    mappings = _mappings(demo_night)
    for name, mapping in mappings.items():
        header = mapping["header"]
        assert header["name"] == name
        assert header["observatory"] == "TMT"
        number = int(name.split(".")[0].rsplit("_", 1)[1])
        if number == 1:
            assert header["derived_from"] == ""
        else:
            assert header["derived_from"] == name.replace(f"{number:04d}", f"{number - 1:04d}")
            assert header["derived_from"] in mappings


def test_every_calibration_has_rules_and_no_mapping_is_stray(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    mappings = _mappings(demo_night)
    reached: set[str] = set()
    for context in truth["contexts"]:
        imap = mappings[context]["rules"]["IRIS"]
        reached |= {context, imap, *mappings[imap]["rules"].values()}
    assert reached == set(mappings)
    types = set(mappings[imap]["rules"])
    assert types == {kind for row in CATALOGUE for kind in row.reference_types} | set(PIPELINE_TYPES)
    for kind, name in mappings[imap]["rules"].items():
        assert mappings[name]["header"]["filekind"] == kind


def test_references_are_there_and_agree_with_their_rules(demo_night: DemoNight) -> None:
    folder = demo_night.cache / "references" / "tmt" / "iris"
    named = set()
    for mapping in _mappings(demo_night).values():
        if mapping["header"]["mapping"] != "REFERENCE":
            continue
        parkeys = mapping["header"]["parkey"][0]
        for key, dates in mapping["rules"].items():
            values = key if isinstance(key, tuple) else (key,)
            for date, file in dates.items():
                if file != "N/A":
                    named.add(file)
                    _agrees(folder / file, mapping["header"]["filekind"], dict(zip(parkeys, values, strict=True)), date)
    assert named == {path.name for path in folder.iterdir()}


def _agrees(path: Path, kind: str, rule: dict[str, str], date: str) -> None:
    with fits.open(path) as hdus:
        hdus.verify("exception")
        header = hdus[0].header
        for keyword in ("TELESCOP", "PEDIGREE", "AUTHOR", "DESCRIP", "HISTORY"):
            assert str(header[keyword]).strip(), (path.name, keyword)
        assert (header["FILENAME"], header["INSTRUME"], header["REFTYPE"]) == (path.name, "IRIS", kind)
        assert header["USEAFTER"].replace("T", " ") == date
        for parkey, value in rule.items():
            stated = str(header[_KEYWORDS[parkey]]).upper()
            assert {"ANY": "*"}.get(stated, stated) == value, (path.name, parkey)
        assert any(hdu.data is not None and hdu.data.size for hdu in hdus[1:])


def test_the_configuration_names_the_newest_context(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    config = demo_night.cache / "config" / "tmt"
    assert (config / "ref_cache_subdir_mode").read_text() == "instrument"
    server = ast.literal_eval((config / "server_config").read_text())
    assert server["operational_context"] == truth["contexts"][-1]
    on_disk = {path.name for path in (demo_night.cache / "mappings" / "tmt").iterdir()}
    assert set(server["mappings"]) == on_disk
