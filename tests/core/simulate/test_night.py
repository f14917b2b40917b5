"""The folder of the demo night: whole or not there, the same for the same seed, never over somebody's files."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.errors import Cancelled, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.simulate import DemoNight, make_demo

SMALL = 128


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def progress() -> list[float]:
    """What was told while the small night was made."""
    return []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, progress: list[float]) -> DemoNight:
    job = Job(observer=lambda told: progress.append(told.fraction))
    return make_demo(tmp_path_factory.mktemp("night") / "not there" / "small", SMALL, 7, job)


@pytest.fixture
def own(small: DemoNight, tmp_path: Path) -> DemoNight:
    """The same night again, to be spoilt."""
    return DemoNight(shutil.copytree(small.folder, tmp_path / "demo"))


def test_the_same_seed_gives_the_same_bytes_and_fills_an_empty_folder(small: DemoNight, tmp_path: Path) -> None:
    assert digests(make_demo(tmp_path, SMALL, 7).folder) == digests(small.folder)


def test_another_seed_gives_other_pixels_under_the_same_names(small: DemoNight, tmp_path: Path) -> None:
    ours, other = digests(small.folder), digests(make_demo(tmp_path / "other", SMALL, 8).folder)
    assert ours.keys() == other.keys()
    same = {name for name in ours if ours[name] == other[name]}
    assert not [name for name in same if name.startswith("raw/")]
    assert {name for name in ours if name.startswith("cache/mappings/")} <= same


def test_a_night_that_is_there_is_used_as_it_is(small: DemoNight) -> None:
    before = {path: path.stat().st_mtime_ns for path in small.folder.rglob("*")}
    assert make_demo(small.folder, SMALL, 7) == small
    assert {path: path.stat().st_mtime_ns for path in small.folder.rglob("*")} == before


@pytest.mark.parametrize(("size", "seed"), [(SMALL, 8), (192, 7)])
def test_another_night_in_the_folder_is_refused(small: DemoNight, size: int, seed: int) -> None:
    with pytest.raises(InputError, match="size 128 and seed 7") as told:
        make_demo(small.folder, size, seed)
    assert told.value.path == small.folder
    assert told.value.cure


def test_the_night_of_another_version_is_refused(own: DemoNight) -> None:
    truth = json.loads(own.truth.read_text())
    own.truth.write_text(json.dumps(truth | {"format": truth["format"] - 1}))
    with pytest.raises(InputError, match="another version") as told:
        make_demo(own.folder, SMALL, 7)
    assert told.value.path == own.folder
    assert told.value.cure


@pytest.mark.parametrize("content", [None, "", "[]", '{"seed": 7}', "\udcff"])
def test_a_folder_of_somebody_is_left_alone(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.tex").write_text("all my work")
    if content is not None:
        (folder / "truth.json").write_bytes(content.encode(errors="surrogateescape"))
    before = digests(folder)
    with pytest.raises(InputError, match="left as it is"):
        make_demo(folder, SMALL, 7)
    assert digests(folder) == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(InputError):
        make_demo(tmp_path / "demo", SMALL, 7)
    assert (tmp_path / "demo").read_text() == "mine"


def test_a_place_that_may_not_be_looked_at_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, **_: object) -> bool:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(InputError, match="Permission denied") as told:
        make_demo(tmp_path / "closed" / "demo", SMALL, 7)
    assert told.value.path == tmp_path / "closed" / "demo"


@pytest.mark.parametrize("harm", ["lose", "cut"])
def test_a_night_that_is_not_whole_is_told(own: DemoNight, harm: str) -> None:
    assert make_demo(own.folder, SMALL, 7) == own
    victim = own.raw / "iris_20260311_dark_0004.fits"
    if harm == "lose":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:5000])
    with pytest.raises(InputError, match="dark_0004"):
        make_demo(own.folder, SMALL, 7)


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    job = Job()
    job.observer = lambda progress: job.cancel() if progress.fraction > 0.3 else None
    with pytest.raises(Cancelled):
        make_demo(tmp_path / "demo", SMALL, 7, job)
    assert not list(tmp_path.iterdir())


def test_progress_goes_forward_to_the_end(small: DemoNight, progress: list[float]) -> None:
    told = progress.copy()
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize(("size", "seed"), [(100, 1), (64, 1), (8192, 1), (SMALL, -1)])
def test_sizes_and_seeds_that_do_not_fit(tmp_path: Path, size: int, seed: int) -> None:
    with pytest.raises(UsageError, match=r"cannot have .* from 128 to 4096 that is a multiple of 64"):
        make_demo(tmp_path / "demo", size, seed)
    assert not list(tmp_path.iterdir())


def test_every_file_is_sound_fits_and_says_what_it_is(demo_night: DemoNight) -> None:
    needed = {
        *("INSTRUME", "DETECTOR", "FILTER", "PUPIL", "GRATING", "EXP_TYPE", "DATE-OBS", "TIME-OBS", "SCALE", "LAMP"),
        *("SUBARRAY", "SUBARRID", "SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2", "DETXSIZE", "DETYSIZE"),
        *("GAIN", "READNOIS"),
        *("EXPTIME", "EFFEXPTM", "EFFINTTM", "TFRAME", "TGROUP", "NINTS", "NGROUPS", "NFRAMES", "GROUPGAP"),
    }
    on_sky = {"AIRMASS", "PARANG", "EL", "RA", "DEC"}
    files = sorted(demo_night.raw.glob("*.fits"))
    assert len(files) > 40
    for path in files:
        with fits.open(path) as hdus:
            hdus.verify("exception")
            header = hdus[0].header
            assert needed <= set(header), path.name
            assert header["FILENAME"] == path.name
            assert ("IMGDTEMP" in header) == (header["DETECTOR"] != "IFS")
            extracted = any(word in path.name for word in ("cube", "arcspec", "lensletarc", "ohsky"))
            if header["EXP_TYPE"] in {"IRIS_IMAGE", "IRIS_SKY", "IRIS_PSFSTAR", "IRIS_FLUXSTAR"}:
                assert on_sky <= set(header), path.name
                if "ramp" not in path.name and "ohsky" not in path.name:
                    assert {"CTYPE1", "CRVAL1", "CRPIX1", "CD1_1"} <= set(hdus["SCI"].header), path.name
            if not extracted:  # spaxels and spectra are no pixels of the detector
                assert hdus["SCI"].shape[-2:] == (header["SUBSIZE2"], header["SUBSIZE1"])
            table = "TFIELDS" in hdus["SCI"].header
            assert hdus["SCI"].header["TUNIT1" if table else "BUNIT"] in {"electron/s", "adu"}


def test_the_truth_names_every_file_and_nothing_of_today(demo_night: DemoNight) -> None:
    truth = json.loads(demo_night.truth.read_text())
    on_disk = {str(path.relative_to(demo_night.folder)) for path in demo_night.folder.rglob("*") if path.is_file()}
    assert set(truth["files"]) | {"truth.json"} == on_disk
    assert set(truth["frames"]) == {path.name for path in demo_night.raw.iterdir()}
    assert (truth["size"], truth["version"]) == (256, __import__("calgui").__version__)
