"""Times, unit, gain and noise: from the header as JWST defines them, from options, and never guessed."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.setup import check_ramps, setup_of
from calgui.core.errors import InputError
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import Frame

FULL = {"TGROUP": 10.0, "BUNIT": "adu", "GAIN": 2.0, "READNOIS": 9.0}


def ramp(*shape: int, name: str = "ramp.fits", **header: object) -> Frame:
    return Frame(np.zeros(shape or (1, 4, 6, 7), np.float32), header=header, path=Path(name))


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        setup_of([ramp()], FitRampConfig())
    for word in ("TGROUP", "BUNIT", "GAIN", "READNOIS"):
        assert word in caught.value.message
    for word in ("group_time", "unit", "gain", "read_noise"):
        assert word in caught.value.cure
    assert caught.value.path == Path("ramp.fits")


@pytest.mark.parametrize(
    ("missing", "option"), [("TGROUP", "group_time"), ("BUNIT", "unit"), ("GAIN", "gain"), ("READNOIS", "read_noise")]
)
def test_each_is_asked_for_and_can_be_given(missing: str, option: str) -> None:
    header = {key: value for key, value in FULL.items() if key != missing}
    with pytest.raises(InputError, match=missing) as caught:
        setup_of([ramp(**header)], FitRampConfig())
    assert f"the option {option}." in caught.value.cure
    value = "adu" if option == "unit" else 3.0
    made = setup_of([ramp(**header)], FitRampConfig(**{option: value}))  # type: ignore[arg-type]
    assert made.given == (option,)


@pytest.mark.parametrize("bad", [0, -1.0, "soon", float("nan"), True])
def test_values_that_are_none_count_as_missing(bad: object) -> None:
    for keyword in ("TGROUP", "GAIN", "READNOIS"):
        with pytest.raises(InputError, match=keyword):
            setup_of([ramp(**(FULL | {keyword: bad}))], FitRampConfig())


def test_electrons_need_no_gain_and_other_units_are_refused() -> None:
    made = setup_of([ramp(**(FULL | {"BUNIT": "e-", "GAIN": None}))], FitRampConfig())
    assert (made.gain, made.adu, made.unit) == (1.0, None, "electron")
    with pytest.raises(InputError, match="BUNIT is 'electron/s'"):
        setup_of([ramp(**(FULL | {"BUNIT": "electron/s"}))], FitRampConfig())


@pytest.mark.parametrize(
    ("header", "times"),
    [
        ({"TGROUP": 10.0}, [10, 20, 30, 40]),
        ({"TGROUP": 12.0, "TFRAME": 1.0, "NFRAMES": 1, "GROUPGAP": 0}, [12, 24, 36, 48]),
        ({"TGROUP": 6.0, "TFRAME": 2.0, "NFRAMES": 1, "GROUPGAP": 2}, [2, 8, 14, 20]),
        ({"TGROUP": None, "TFRAME": 2.0, "NFRAMES": 1, "GROUPGAP": 2}, [2, 8, 14, 20]),
        ({"TGROUP": 12.0, "TFRAME": 2.0, "NFRAMES": 4, "GROUPGAP": 2}, [5, 17, 29, 41]),
    ],
)
def test_times_are_those_of_jwst(header: dict[str, object], times: list[float]) -> None:
    made = setup_of([ramp(**(FULL | header))], FitRampConfig())
    np.testing.assert_allclose(made.seconds, times)
    frames = int(header.get("NFRAMES", 1))  # type: ignore[call-overload]
    np.testing.assert_allclose(made.spread, -2.0 * (frames**2 - 1) / (6 * frames))
    assert made.group_noise == pytest.approx(9 / np.sqrt(frames))


def test_options_override_the_header() -> None:
    made = setup_of(
        [ramp(**FULL)], FitRampConfig(group_time=3.0, first_read=0.5, gain=4.0, read_noise=5.0, unit="electron")
    )
    np.testing.assert_allclose(made.seconds, [0.5, 3.5, 6.5, 9.5])
    assert (made.gain, made.adu, made.read_noise) == (1.0, 4.0, 5.0)


@pytest.mark.parametrize(
    ("frames", "word"),
    [
        ([ramp(1, 1, 6, 7, **FULL)], "1 read"),
        ([ramp(6, 7, **FULL)], "an image"),
        ([ramp(3, 6, 7, CTYPE3="WAVE", **FULL)], "a cube"),
        ([ramp(4, 6, 7, **FULL), ramp(4, 6, 8, name="b.fits", **FULL)], "pixels"),
        ([ramp(4, 6, 7, **FULL), ramp(5, 6, 7, name="b.fits", **FULL)], "5 reads"),
        ([ramp(DETECTOR="IRIS1", **FULL), ramp(name="b.fits", DETECTOR="IRIS2", **FULL)], "DETECTOR"),
        ([ramp(FILTER="K", **FULL), ramp(name="b.fits", FILTER="H", **FULL)], "FILTER"),
        ([ramp(**FULL), ramp(name="b.fits", **(FULL | {"TGROUP": 11.0}))], "time between reads"),
        ([ramp(**FULL), ramp(name="b.fits", **(FULL | {"GAIN": 3.0}))], "gain"),
        ([ramp(**FULL), ramp(name="b.fits", **(FULL | {"BUNIT": "electron", "GAIN": 1.0}))], "unit|gain"),
        ([ramp(**FULL), ramp(**FULL)], "twice"),
    ],
)
def test_what_cannot_be_fitted_or_not_together_is_refused(frames: list[Frame], word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        check_ramps(frames, FitRampConfig())
    assert caught.value.cure
    assert caught.value.path is not None


def test_the_real_sample_ramp(real_data: Path) -> None:
    """Its reads are 0, 4000, 8000 and 12000: 4000 more with every read, in every pixel."""
    with open_frame(real_data / "ramps" / "iris_readout_sample_ramp.fits") as frame:
        with pytest.raises(InputError) as caught:
            fit_ramp([frame], {}, FitRampConfig())
        for word in ("TGROUP", "BUNIT", "GAIN", "READNOIS"):
            assert word in caught.value.message
        given = FitRampConfig(group_time=10.0, unit="adu", gain=2.0, read_noise=9.0)
        for method, variance in (
            # 12 R²/[n (n² - 1) δ²] + 6 F (n² + 1)/[5 n (n² - 1) δ]: 972 / 6000 + 81600 / 3000
            ("utr", 0.162 + 27.2),
            # (2 R² + 3 F δ) / 30²: 162 / 900 + 24000 / 900
            ("cds", 0.18 + 800 / 30),
        ):
            made = fit_ramp([frame], {}, FitRampConfig(**(vars(given) | {"method": method})))
            assert made.frame is not None
            assert made.frame.err is not None
            # 4000 adu x 2 e-/adu / 10 s; nothing says that its edge are reference pixels
            np.testing.assert_allclose(made.frame.data, 800.0, rtol=1e-5)
            np.testing.assert_allclose(made.frame.err, np.sqrt(variance), rtol=1e-4)
            assert "reference pixels" in " ".join(made.reasons)
