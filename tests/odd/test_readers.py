"""Every reader gives a value or a sentence for every odd file, and never takes memory for what is not there."""

import tracemalloc
from pathlib import Path

import astropy
import numpy as np
import pytest
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.errors import CalguiError
from calgui.core.frames.fits import read_frame

from .files import MAKERS, REFUSED, make
from .reading import SPARE, reads


@pytest.fixture(scope="module", autouse=True)
def packages_are_loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a package takes when it is first imported is no memory of a file's."""
    from astropy.io import fits

    path = tmp_path_factory.mktemp("good") / "good.fits"
    made = fits.PrimaryHDU(np.ones((20, 20), np.float32))
    made.header.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CD1_1": -1e-6, "CD2_2": 1e-6, "CRVAL1": 1.0})
    made.writeto(path)
    reads(path)
    for name in ("tiles.fits", "table.fits", "xz.fits.xz", "gz.fits.gz", "nan_wcs.fits"):
        reads(make(path.parent, name))


@pytest.mark.parametrize("name", MAKERS)
def test_every_reader_answers(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    before = path.read_bytes()
    tracemalloc.start()
    try:
        reads(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # never more than twice what is there, and a little for what any file needs; xz keeps a window of 8 MB
    assert peak <= 2 * len(before) + SPARE + (8_500_000 if name.endswith(".xz") else 0)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", MAKERS)
def test_it_opens_or_is_refused_by_a_sentence(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    if name not in REFUSED:
        assert read_frame(path).data.size
        return
    if name == "axis_zero.fits":
        assert read_frame(path).data.size == 0
        return
    with pytest.raises(CalguiError) as told:
        read_frame(path)
    assert told.value.path == path
    assert told.value.message.endswith((".", "!", "?"))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_command_line_tells_it(tmp_path: Path, name: str) -> None:
    path = make(tmp_path, name)
    done = CliRunner().invoke(cli, ["run", "master-dark", "-o", str(tmp_path / "out.fits"), str(path), str(path)])
    assert done.exit_code == 3, done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out.fits").exists()


def test_a_large_file_takes_no_more_than_its_pixels(tmp_path: Path) -> None:
    from astropy.io import fits

    for kind, factor in ((np.int16, 2.5), (np.float32, 2.0), (np.float64, 1.0)):
        path = tmp_path / f"{np.dtype(kind).name}.fits"
        fits.PrimaryHDU(np.ones((1500, 2000), kind)).writeto(path)
        tracemalloc.start()
        frame = read_frame(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert frame.shape == (1500, 2000)
        # numbers are float32 in memory, whatever they are in the file
        assert peak <= factor * path.stat().st_size + SPARE


def _astropys_own() -> list[Path]:
    folder = Path(astropy.__file__).parent / "io" / "fits" / "tests" / "data"
    return sorted(one for one in folder.iterdir() if one.is_file() and one.stat().st_size < 3_000_000)


@pytest.mark.parametrize("path", _astropys_own(), ids=lambda path: path.name)
def test_astropys_collection(path: Path) -> None:
    reads(path)
