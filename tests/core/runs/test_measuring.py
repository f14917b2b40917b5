"""What an algorithm measures once is kept as long as inputs, references and the options that count are the same."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.algorithms.options import option, parse
from calgui.core.algorithms.registry import Algorithm, Metric, Result, in_two_steps, registry
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.writing import ExtraHdu
from calgui.core.jobs import Job
from calgui.core.runs.measuring import measure_files, refit, still_holds
from calgui.core.runs.run import run_files


@dataclass(frozen=True)
class _Config:
    """Two options: only the second is of the fit."""

    scale: float = option(1.0, "Multiplies what is measured.", minimum=0)
    power: int = option(1, "Of the fit.", minimum=1, maximum=4)


measured_on: list[tuple[Path | None, ...]] = []


def _measure(frames: Sequence[FrameLike], _references: Mapping[str, FrameLike], config: _Config, _job: Job) -> float:
    measured_on.append(tuple(frame.path for frame in frames))
    return config.scale * float(sum(frame.rows(0, frame.shape[0]).data.mean() for frame in frames))


def _refit(mean: float, config: _Config, _job: Job) -> Result:
    if config.power == 4:
        raise AlgorithmError("Too few points.", cure="Take a lower power.")
    extra = ExtraHdu("FIT", None, header={"POWER": config.power})
    return Result(None, {"value": Metric(mean**config.power)}, extensions=(extra,))


def _check(frames: Sequence[FrameLike], _config: Any = None) -> None:
    if any(frame.shape != (6, 6) for frame in frames):
        raise InputError("The frames are of another size.", cure="Give frames of 6 x 6.")


HOW = Algorithm(
    "two-steps", "Two steps", "Measures, then fits.", "images", _Config, in_two_steps(_measure, _refit),
    product="DISTORTION", check=_check, measure=_measure, refit=_refit, refits=("power",),
)  # fmt: skip


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    monkeypatch.setitem(registry(), HOW.name, HOW)  # type: ignore[arg-type]
    measured_on.clear()
    paths = tuple(tmp_path / f"image_{number}.fits" for number in (1, 2))
    for number, path in enumerate(paths, start=1):
        _write(path, number)
    return paths


def _write(path: Path, value: float, side: int = 6) -> None:
    fits.PrimaryHDU(np.full((side, side), value, np.float32)).writeto(path, overwrite=True)


def _measured(inputs: tuple[Path, ...], **options: Any) -> Any:
    return measure_files(HOW, inputs, options, {}, None, None, Job())


def test_a_fit_alone_gives_what_a_run_gives(inputs: tuple[Path, ...]) -> None:
    measured = _measured(inputs, scale=2.0)
    report = refit(HOW, measured, {"scale": 2.0, "power": 3}, Job())
    whole = run_files("two-steps", inputs, {"scale": 2.0, "power": 3})
    assert report.metrics["value"].value == whole.metrics["value"].value == 6.0**3
    assert (report.options, report.inputs, report.context) == (whole.options, whole.inputs, whole.context)
    assert len(measured_on) == 2


def test_a_run_takes_what_was_measured(inputs: tuple[Path, ...], tmp_path: Path) -> None:
    measured = _measured(inputs)
    report = run_files("two-steps", inputs, {"power": 2}, out=tmp_path / "fit.fits", measured=measured)
    assert report.metrics["value"].value == 9.0
    assert len(measured_on) == 1
    assert fits.getval(report.outputs[0], "POWER", "FIT") == 2


def test_it_does_not_outlive_what_it_was_measured_of(inputs: tuple[Path, ...]) -> None:
    measured = _measured(inputs)
    assert still_holds(HOW, measured, inputs, {"power": 3})
    assert still_holds(HOW, measured, inputs, {"power": "3", "scale": "1"})
    assert not still_holds(HOW, measured, inputs, {"scale": 1.5})
    assert not still_holds(HOW, measured, inputs[:1], {})
    assert not still_holds(HOW, measured, inputs[::-1], {})
    _write(inputs[1], 5)
    os.utime(inputs[1], ns=(10**18, 10**18))
    assert not still_holds(HOW, measured, inputs, {})
    assert run_files("two-steps", inputs, {}, measured=measured).metrics["value"].value == 6.0


def test_another_algorithm_does_not_take_it(inputs: tuple[Path, ...]) -> None:
    measured = _measured(inputs)
    assert not measured.holds_for(replace(HOW, name="other"), inputs, parse(_Config, {}), ())


def test_what_goes_wrong_names_the_files(inputs: tuple[Path, ...]) -> None:
    with pytest.raises(AlgorithmError, match="this file and 1 other") as fault:
        refit(HOW, _measured(inputs), {"power": 4}, Job())
    assert fault.value.path == inputs[0]
    _write(inputs[0], 1, side=7)
    with pytest.raises(InputError, match="another size"):
        _measured(inputs)


def test_one_that_measures_nothing_says_so(inputs: tuple[Path, ...]) -> None:
    plain = replace(HOW, measure=None, refit=None)
    with pytest.raises(ValueError, match="measured once"):
        measure_files(plain, inputs, {}, {}, None, None, Job())
    with pytest.raises(ValueError, match="fitted alone"):
        refit(plain, _measured(inputs), {}, Job())
