"""Photon transfer against ramps of known gain, read noise, non-linearity and coupling."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.transfer.photontransfer import PhotonTransferConfig, photon_transfer
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.dq import SATURATED
from calgui.core.frames.frame import Frame
from tests.core.algorithms.lamp import lamp_ramps

SHAPE = (192, 256)


@pytest.mark.parametrize(
    ("how", "tolerance"),
    [
        ({}, 0.01),
        ({"gain": 1.3, "noise": 12.0, "flux": 900.0}, 0.01),
        ({"bend": 2e-6}, 0.01),
        ({"averaged": 4}, 0.01),
        ({"drift": 0.02}, 0.01),
    ],
    ids=["linear", "another detector", "bent", "averaged groups", "drifting lamp"],
)
def test_gain_and_read_noise(how: dict[str, Any], tolerance: float) -> None:
    settings = {"flux": 1500.0, "gain": 2.0, "noise": 9.0, "seed": 5} | how
    result = photon_transfer(lamp_ramps(6, 10, SHAPE, **settings), PhotonTransferConfig())
    found = {name: metric.value for name, metric in result.metrics.items()}
    gain, error = found["gain_e_per_adu"], found["gain_error_e_per_adu"]
    assert abs(gain / settings["gain"] - 1) < tolerance
    assert abs(gain - settings["gain"]) < 4 * error
    assert error < 0.01 * gain
    noise, noise_error = found["read_noise_e"], found["read_noise_error_e"]
    assert abs(noise - settings["noise"]) < 3.5 * noise_error
    assert noise_error < 0.06 * settings["noise"]
    assert result.verdict == "good", result.reasons


def test_gain_and_read_noise_within_one_per_cent_from_two_levels_and_darks() -> None:
    bright = lamp_ramps(4, 10, (256, 256), 2000.0, seed=8)
    faint = lamp_ramps(4, 10, (256, 256), 60.0, seed=9)
    darks = lamp_ramps(4, 10, (256, 256), 0.02, seed=10, header={"EXP_TYPE": "IRIS_DARK"})
    result = photon_transfer([*bright, *faint, *darks], PhotonTransferConfig())
    assert result.metrics["gain_e_per_adu"].value == pytest.approx(2.0, rel=0.01)
    assert result.metrics["read_noise_e"].value == pytest.approx(9.0, rel=0.01)
    assert result.metrics["read_noise_error_e"].value < 0.09


def test_a_ramp_of_another_light_has_no_partner() -> None:
    with pytest.raises(InputError, match="No other ramp has the same light"):
        photon_transfer(
            [*lamp_ramps(2, 6, (64, 64), 1500.0), *lamp_ramps(1, 6, (64, 64), 900.0)], PhotonTransferConfig()
        )


def test_ramps_of_another_number_of_reads_are_named_as_such() -> None:
    darks = lamp_ramps(2, 6, (64, 64), 0.02, header={"EXP_TYPE": "IRIS_DARK"})
    with pytest.raises(InputError, match=r"6 reads, that of .* 10 reads") as caught:
        photon_transfer([*lamp_ramps(3, 10, (64, 64), 1500.0), *darks], PhotonTransferConfig())
    assert caught.value.cure == "Choose ramps of as many reads."


def test_noise_that_neighbours_share() -> None:
    ramps = lamp_ramps(6, 10, SHAPE, 1500.0, coupling=0.01, seed=6)
    result = photon_transfer(ramps, PhotonTransferConfig())
    assert result.metrics["gain_e_per_adu"].value == pytest.approx(2.0, rel=0.012)
    # of the noise of a pixel (1 - 4a)² + 4a², its four neighbours share 8a (1 - 4a)
    own, shared = (1 - 0.04) ** 2 + 4e-4, 8 * 0.01 * 0.96
    assert result.metrics["interpixel_fraction"].value == pytest.approx(shared / (own + shared), abs=0.012)
    assert any("Neighbours share" in reason for reason in result.reasons)
    blind = photon_transfer(ramps, PhotonTransferConfig(interpixel="no"))
    assert blind.metrics["gain_e_per_adu"].value == pytest.approx(2.0 / own, rel=0.012)


def test_an_amplifier_that_stands_out_is_named() -> None:
    ramps = lamp_ramps(6, 10, SHAPE, 1500.0, seed=7)
    for frame in ramps:
        frame.data.flags.writeable = True
        frame.data[..., 128:192] *= 0.8
    result = photon_transfer(ramps, PhotonTransferConfig())
    (table,) = result.tables
    assert [row[0] for row in table.rows] == ["64–127", "128–191", "192–255", "256–319"]
    assert table.flagged == (2,)
    assert result.verdict == "doubtful"
    assert "from column 192" in " ".join(result.reasons)
    assert result.frame is not None
    assert np.unique(result.frame.data[:, 128:192]).size == 1


def test_a_header_that_says_another_gain() -> None:
    result = photon_transfer(lamp_ramps(4, 10, SHAPE, 1500.0, header={"GAIN": 2.4}), PhotonTransferConfig())
    assert result.verdict == "doubtful"
    assert any("GAIN in the headers is 2.4" in reason for reason in result.reasons)


def test_saturated_reads_and_rays_do_no_harm() -> None:
    ramps = lamp_ramps(5, 10, SHAPE, 1500.0, seed=9)
    rng = np.random.default_rng(3)
    made = []
    for frame in ramps:
        data = frame.data.copy()
        bits = np.zeros(data.shape, np.uint32)
        y, x, read = rng.integers(0, SHAPE[0], 60), rng.integers(0, SHAPE[1], 60), rng.integers(1, 10, 60)
        for row, column, first in zip(y, x, read, strict=True):
            data[0, first:, row, column] += 900
        data[0, 7:, 20:60, 30:90] = 9000
        bits[0, 7:, 20:60, 30:90] = SATURATED
        made.append(Frame(data, None, bits, frame.header))
    result = photon_transfer(made, PhotonTransferConfig())
    assert result.metrics["gain_e_per_adu"].value == pytest.approx(2.0, rel=0.012)


def test_inputs_are_not_changed() -> None:
    ramps = lamp_ramps(2, 5, (64, 64), 1500.0)
    before = [frame.data.copy() for frame in ramps]
    photon_transfer(ramps, PhotonTransferConfig(amplifier_width=16))
    for frame, data in zip(ramps, before, strict=True):
        np.testing.assert_array_equal(frame.data, data)


def test_without_light_there_is_no_gain() -> None:
    with pytest.raises(AlgorithmError, match="more light"):
        photon_transfer(lamp_ramps(3, 6, (64, 256), 0.0), PhotonTransferConfig(amplifier_width=32))


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (lambda ramps: ramps[:1], "2 or more integrations"),
        (lambda ramps: [Frame(f.data[:, :3], None, None, f.header) for f in ramps], "3 reads; 4 or more"),
        (lambda ramps: [Frame(f.data[0, 0], None, None, f.header) for f in ramps], "This is an image"),
        (lambda ramps: [ramps[0], Frame(ramps[1].data[..., :50], None, None, ramps[1].header)], "50 × 64 pixels"),
        (lambda ramps: [ramps[0], Frame(ramps[1].data, None, None, {**ramps[1].header, "DETECTOR": "B"})], "DETECTOR"),
        (lambda ramps: [Frame(f.data, None, None, {**f.header, "EXP_TYPE": "IRIS_DARK"}) for f in ramps], "are darks"),
        (lambda ramps: [Frame(f.data, None, None, {**f.header, "BUNIT": "electron/s"}) for f in ramps], "raw reads"),
    ],
    ids=["one ramp", "short", "image", "size", "detector", "darks", "rates"],
)
def test_what_is_not_fit_is_refused(spoilt: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        photon_transfer(spoilt(lamp_ramps(2, 6, (64, 64), 1500.0)), PhotonTransferConfig())
    assert words in caught.value.message
    assert caught.value.cure


def test_all_nan_is_refused() -> None:
    ramps = [Frame(np.full_like(f.data, np.nan), None, None, f.header) for f in lamp_ramps(2, 5, (64, 64), 10.0)]
    with pytest.raises(AlgorithmError):
        photon_transfer(ramps, PhotonTransferConfig(amplifier_width=16))
