"""Every reader gives a value or a sentence for every odd file, and never takes memory for what is not there."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calgui.cli.main import cli
from calgui.core.cubes.ramp import open_ramp
from calgui.core.cubes.reading import kind_of, open_cube
from calgui.core.errors import CalguiError
from calgui.core.frames.fits import describe_file, read_frame
from calgui.core.frames.headers import read_headers, rule_header
from calgui.core.frames.limits import find_limits
from calgui.core.frames.reduction import Pyramid
from calgui.core.frames.sky import celestial, compass
from calgui.core.frames.statistics import statistics
from calgui.core.jobs import Job
from calgui.core.runs.pixelfacts import pixel_facts
from calgui.core.spectra.reading import read_spectrum, spectra_in

from .files import MAKERS, REFUSED, make

#: what readers may take besides the pixels: headers, tables, buffers
SPARE = 4_000_000


def picture(path: Path) -> np.ndarray:
    """As the picture does: the first plane, its limits, its reductions, its figures, its place on the sky."""
    info = next(one for one in describe_file(path) if one.is_image)
    lead = (0,) * (len(info.shape) - 2)
    frame = read_frame(path, None, lead or None)
    values = np.atleast_2d(frame.data)
    for name in ("zscale", "99.5%", "min-max"):
        limits = find_limits(values, name)
        assert limits.low < limits.high
    Pyramid(values.shape[-2:], "outliers", values).build(2, Job())
    statistics(values, frame.dq)
    celestial(frame.header)
    compass(frame.header, 3.0, 4.0)
    return values


def reads(path: Path) -> None:
    """Every reader, each on its own."""
    readers: tuple[Callable[[Path], Any], ...] = (
        read_headers,
        rule_header,
        describe_file,
        read_frame,
        picture,
        spectra_in,
        read_spectrum,
        open_ramp,
        lambda one: open_cube(one).spectrum(0, 0),
        lambda one: open_cube(one).plane(0),
        lambda one: pixel_facts(one, (), 0, 0, None, None, Job()),
    )
    for read in readers:
        told = "no image in it"
        try:
            read(path)
        except CalguiError as error:
            told = error.message
        except StopIteration:
            continue
        assert 0 < len(told) < 400
    kind_of(path)


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


@given(
    name=st.sampled_from(sorted(set(MAKERS) - REFUSED)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
    end=st.floats(0.05, 1.0),
    head=st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes(tmp_path: Path, name: str, cuts: list[tuple[float, int]], end: float, head: bool) -> None:
    content = bytearray(MAKERS[name]())
    reach = min(len(content), 2880 * 2) if head else len(content)
    for place, byte in cuts:
        content[min(int(place * reach), len(content) - 1)] = byte
    path = tmp_path / f"damaged{''.join(Path(name).suffixes)}"
    path.write_bytes(content[: max(1, int(end * len(content)))])
    reads(path)


_values = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40).map(lambda text: f"'{text}'"),
    st.sampled_from(["T", "F", "", "1E", "(1,2)", "NaN", "INF", "'unclosed"]),
)
_keys = st.sampled_from(
    ["BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "BSCALE", "BZERO", "BLANK", "EXTEND",
     "XTENSION", "CTYPE1", "CRVAL1", "CD1_1", "CRPIX1", "BUNIT", "EXTNAME", "SUBSTRT1", "GROUPS", "TFIELDS",
     "ZIMAGE", "ZNAXIS1", "INHERIT", "CONTINUE", "HIERARCH", "NGROUPS", "TGROUP"]
)  # fmt: skip


@given(st.lists(st.tuples(_keys, _values), min_size=1, max_size=8), st.integers(0, 6000))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_headers_that_say_anything(tmp_path: Path, said: list[tuple[str, str]], size: int) -> None:
    from .files import axes, card, header

    cards = [*axes(50, 20), *(f"{key:<8}= {value}"[:80] for key, value in said)]
    path = tmp_path / "said.fits"
    path.write_bytes(header("SIMPLE  =                    T", *cards) + bytes(size))
    assert len(card("x")) == 80
    reads(path)
