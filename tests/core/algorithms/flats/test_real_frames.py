"""A dome flat, a dark and stars of Keck's NIRC2: keywords of another camera, options say what they do not."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.fits import read_frame
from calgui.core.runs.run import run_files

FOLDER = Path(os.environ.get("CALGUI_REAL_DATA", Path(__file__).resolve().parents[5] / "shared" / "data")) / "nirc2"
FLAT, DARK, STARS = (FOLDER / f"{name}.fits.gz" for name in ("flat_Ks_W_11apr", "drk_80_1_16_11apr", "n0031"))

pytestmark = pytest.mark.skipif(not FLAT.is_file(), reason=f"real frames of NIRC2 are not in {FOLDER}")


def level(image: "np.ndarray[Any, Any]", box: int = 64) -> "np.ndarray[Any, Any]":
    """Medians of boxes: the sky between stars."""
    ny, nx = (length // box for length in image.shape)
    return np.nanmedian(image[: ny * box, : nx * box].reshape(ny, box, nx, box), axis=(1, 3))


def fine_structure(image: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Each pixel against those around it, as a part of them."""
    from scipy.ndimage import median_filter

    around = median_filter(image, 7)
    return np.asarray(image / np.where(around == 0, 1, around) - 1)


def robust(values: "np.ndarray[Any, Any]") -> float:
    """Scatter about the median, as a part of it."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))) / np.median(values))


def test_a_field_of_stars_is_divided_by_the_dome_flat(tmp_path: Path) -> None:
    """What the pixels differ by in the image is what they differ by in the flat, and is gone after it."""
    dark = tmp_path / "less_dark.fits"
    given = {"unit": "adu", "dark_unit": "adu", "gain": 4.0, "exposure_time": 80.0}
    run_files("subtract-dark", [STARS], given, {"DARK": DARK}, out=dark)
    out = tmp_path / "flat.fits"
    made = run_files("flat-field", [dark], {}, {"FLAT": FLAT}, out=out)
    assert made.result.metrics["flat_median"].value == pytest.approx(1.0126, abs=1e-3)
    assert made.verdict == "good", made.reasons
    before, after = read_frame(dark), read_frame(out)
    assert after.dq is not None
    used = (after.dq & flags.DO_NOT_USE) == 0
    assert 0.999 < used.mean() < 1
    assert np.isfinite(after.data).all()
    assert after.header["S_FLAT"] == after.header["S_DARK"] == "COMPLETE"
    fine = fine_structure(read_frame(FLAT).data)
    slopes, scatters = [], []
    for frame in (before, after):
        seen = fine_structure(frame.data)
        scatter = 1.4826 * np.median(np.abs(seen))
        # pixels of usual response, away from stars
        usual = (np.abs(seen) < 4 * scatter) & (np.abs(fine) < 0.05) & (np.abs(fine) > 0.005)
        slopes.append(np.sum((seen * fine)[usual]) / np.sum(fine[usual] ** 2))
        scatters.append(scatter)
    assert slopes[0] > 0.85
    assert abs(slopes[1]) < 0.1
    assert scatters[1] < 0.35 * scatters[0]


def test_the_same_flat_again_is_normalised_by_median_mode_or_illumination() -> None:
    given = {"on": "flat_*", "unit": "adu", "gain": 4.0, "exposure_time": 4.5, "read_noise": 15.0}
    with pytest.raises(InputError, match="LAMP"):
        run_files("normalize-flat", [FLAT], {key: value for key, value in given.items() if key != "on"})
    found = {}
    for normalization in ("median", "mode", "smooth"):
        made = run_files("normalize-flat", [FLAT], {**given, "normalization": normalization})
        assert made.result.frame is not None
        found[normalization] = made.result.frame.data[4:-4, 4:-4]
        assert made.verdict in {"doubtful", "bad"}
        assert "no header says it" in " ".join(made.reasons)
    assert np.nanmedian(found["median"]) == pytest.approx(1, abs=1e-3)
    # vignetted corners pull the median below the peak of the distribution
    ratio = np.nanmedian(found["median"] / found["mode"])
    assert 1.0 < ratio < 1.05
    # what is broad is gone, what is sharp has stayed
    before, after = level(found["median"]), level(found["smooth"])
    assert robust(after) < 0.35 * robust(before)


def test_the_dark_is_no_flat() -> None:
    made = run_files("flat-field", [STARS], {}, {"FLAT": DARK})
    assert made.verdict == "bad"
    assert "this is a dark, or all noise" in " ".join(made.reasons)
