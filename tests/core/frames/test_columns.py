"""Columns of tables, as astropy reads them, and what is refused."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from calgui.core.errors import InputError
from calgui.core.frames.columns import column_names, read_columns
from calgui.core.frames.headers import read_headers


def written(path: Path, *columns: fits.Column, text: bool = False, **cards: Any) -> Path:
    made = (fits.TableHDU if text else fits.BinTableHDU).from_columns(columns)
    made.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), made]).writeto(path, overwrite=True)
    return path


def ours(path: Path, name: str) -> np.ndarray:
    return read_columns(path, read_headers(path)[1], [name])[name]


@given(
    values=st.sampled_from(
        [("B", np.uint8), ("I", np.int16), ("J", np.int32), ("E", np.float32), ("D", np.float64)]
    ).flatmap(
        lambda kind: st.tuples(
            st.just(kind[0]),
            arrays.arrays(kind[1], st.tuples(st.integers(1, 9), st.integers(1, 5))),
        )
    ),
    scale=st.sampled_from([1.0, 0.5, -3.0]),
    zero=st.sampled_from([0.0, 32768.0, -7.5]),
)
@settings(deadline=None, max_examples=60)
def test_numbers_as_the_standard_and_astropy_have_them(
    tmp_path: Path, values: tuple[str, np.ndarray], scale: float, zero: float
) -> None:
    code, numbers = values
    count = numbers.shape[1]
    path = written(
        tmp_path / "t.fits",
        fits.Column("name", "5A", array=["x"] * len(numbers)),
        fits.Column("bits", "11X", array=np.zeros((len(numbers), 11), bool)),
        fits.Column("flux", f"{count}{code}", array=numbers if count > 1 else numbers[:, 0]),
        fits.Column("last", "L", array=np.ones(len(numbers), bool)),
        TSCAL3=scale,
        TZERO3=zero,
    )
    flat = numbers.astype(np.float64).reshape(-1)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ours(path, "flux"), flat * scale + zero)
    if (scale, zero) == (1.0, 0.0):
        with fits.open(path) as opened:
            np.testing.assert_array_equal(np.array(opened[1].data["flux"], np.float64).reshape(-1), flat)
    assert column_names(read_headers(path)[1]) == ["name", "bits", "flux", "last"]


def test_arrays_of_different_lengths(tmp_path: Path) -> None:
    parts = [np.arange(3.0), np.array([]), np.array([9.0])]
    path = written(tmp_path / "v.fits", fits.Column("flux", "PD()", array=np.array(parts, object)))
    assert ours(path, "flux").tolist() == [0, 1, 2, 9]


def test_a_table_of_text(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.fits",
        fits.Column("star", "A8", array=["Vega", "Sirius"]),
        fits.Column("flux", "E12.5", array=[1.5e-3, 2.0]),
        fits.Column("count", "I6", array=[7, 8]),
        text=True,
    )
    assert ours(path, "flux").tolist() == [1.5e-3, 2.0]
    assert ours(path, "count").tolist() == [7, 8]
    with pytest.raises(InputError, match="no column star"):
        ours(path, "star")


def test_what_is_no_value(tmp_path: Path) -> None:
    path = written(tmp_path / "n.fits", fits.Column("flux", "J", array=[1, -99, 3], null=-99))
    np.testing.assert_array_equal(ours(path, "flux"), [1, np.nan, 3])


def test_a_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "t.fits.gz"
    written(path, fits.Column("flux", "D", array=np.arange(4000.0)))
    np.testing.assert_array_equal(ours(path, "flux"), np.arange(4000.0))


def test_one_column_of_a_wide_table_takes_its_own_memory(tmp_path: Path) -> None:
    rows, width = 20_000, 600
    path = written(
        tmp_path / "wide.fits",
        fits.Column("beside", f"{width}B", array=np.zeros((rows, width), np.uint8)),
        fits.Column("flux", "D", array=np.arange(rows, dtype=np.float64)),
    )
    tracemalloc.start()
    found = ours(path, "flux")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[-1] == rows - 1
    assert peak < path.stat().st_size / 2


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ({"TFORM1": "5A"}, "no numbers"),
        ({"TFORM1": "what"}, "unknown form"),
        ({"TFORM1": "999D"}, "too short"),
        ({"TFORM1": "999999999999D"}, "too short"),
        ({"TSCAL1": "much"}, "TSCAL1"),
        ({"NAXIS2": 10**9}, "cut short"),
        ({"NAXIS1": 10**15}, "cut short"),
        ({"TFIELDS": 0}, "no column"),
        ({"TFIELDS": 2**31}, "unknown form"),
        ({"TFORM1": "1PD"}, "outside of its place"),
    ],
)
def test_what_is_refused(tmp_path: Path, cards: dict[str, Any], told: str) -> None:
    path = written(tmp_path / "t.fits", fits.Column("flux", "D", array=np.arange(1.0, 31.0)))
    path.write_bytes(said(path.read_bytes(), cards))
    with pytest.raises(InputError, match=told) as error:
        ours(path, "flux")
    assert error.value.path == path
    assert error.value.cure


def said(whole: bytes, cards: dict[str, Any]) -> bytes:
    """A file whose second header says something else."""
    for key, value in cards.items():
        text = f"{key:<8}= {value!r:>20}".ljust(80).encode()
        start = whole.find(f"{key:<8}=".encode(), 2880)
        if start < 0:
            start = whole.index(b"END".ljust(80), 2880)
            text += b"END".ljust(80)
        whole = whole[:start] + text + whole[start + len(text) :]
    return whole
