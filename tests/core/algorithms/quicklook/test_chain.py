"""The chain as a whole: what is done, in which order, what is left out and why, and what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.flats.dividing import FlatFieldConfig, flat_field
from calgui.core.algorithms.geometry import cut_out
from calgui.core.algorithms.given import Missing, References
from calgui.core.algorithms.inputkinds import check_kinds
from calgui.core.algorithms.quicklook.chain import quick_look
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.quicklook.planning import check_chain, wanted_references
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.algorithms.subtraction import SubtractConfig, subtract_dark
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame, Rows
from tests.core.algorithms.quicklook.telescope import SIDE, Night, night


@pytest.fixture(scope="module")
def made() -> Night:
    return night(7)


def selected(made: Night, **others: Frame) -> References:
    """The references as the rules would select them, with some in place of others."""
    return References({**made.references.frames, **others})


def look(made: Night, references: References | None = None, image: Frame | None = None, **options: Any) -> Result:
    return quick_look([image or made.ramp], references or selected(made), QuickLookConfig(**options))


def by_name(result: Result) -> dict[str, Any]:
    return {stage.name: stage for stage in result.stages}


def with_header(frame: Frame, **cards: Any) -> Frame:
    return replace(frame, header={**frame.header, **cards})


@pytest.fixture(scope="module")
def rate(made: Night) -> Frame:
    """The ramp fitted: an image for the rest of the chain."""
    found = fit_ramp([made.ramp], made.references, FitRampConfig()).frame
    assert found is not None
    return found


def test_all_steps_in_their_order(made: Night) -> None:
    result = look(made)
    assert [stage.name for stage in result.stages] == [
        "raw", "reference_pixels", "linearity", "slope", "bad_pixels", "dark", "flat", "sky",
    ]  # fmt: skip
    assert all(stage.done for stage in result.stages)
    said = {key: result.keywords[key][0] for key in result.keywords if key.startswith("S_")}
    assert said == dict.fromkeys(
        ("S_REFPIX", "S_LINEAR", "S_RAMP", "S_JUMP", "S_SATURA", "S_DQINIT", "S_DARK", "S_FLAT", "S_BKDSUB"), "COMPLETE"
    )
    assert result.frame is not None
    assert result.frame.unit == "electron/s"
    for name in ("read_noise_e", "jump_fraction", "bad_fraction", "dark_scale", "flat_median", "scale"):
        assert result.metrics[name].value is not None


def test_it_is_what_the_single_algorithms_give(made: Night, rate: Frame) -> None:
    """One after the other by hand, up to the flat."""
    references = made.references
    dark = subtract_dark(rate, references["DARK"], SubtractConfig()).frame
    assert dark is not None
    flat = flat_field(dark, references["FLAT"], FlatFieldConfig()).frame
    result = look(made, sky="off", bad_pixels="off").frame
    assert flat is not None
    assert result is not None
    np.testing.assert_array_equal(result.data, flat.data)
    np.testing.assert_array_equal(result.err, flat.err)
    np.testing.assert_array_equal(result.dq, flat.dq)


def test_a_jump_is_left_out_unless_it_is_not_looked_for(made: Night) -> None:
    found, not_looked_for = look(made).frame, look(made, detect_jumps=False)
    assert found is not None
    assert not_looked_for.frame is not None
    struck = made.good & ((found.dq & dq.JUMP_DET) != 0) if found.dq is not None else made.good
    assert struck.sum() > 50
    assert abs(np.median((found.data - made.science)[struck])) < 0.3
    assert np.median((not_looked_for.frame.data - made.science)[struck]) > 20
    assert not_looked_for.keywords["S_JUMP"][0] == "SKIPPED"


@pytest.mark.parametrize(
    ("step", "keyword", "kind"),
    [
        ("reference_pixels", "S_REFPIX", ""), ("linearity", "S_LINEAR", "NONLINCOEFF"),
        ("bad_pixels", "S_DQINIT", "MASK"), ("dark", "S_DARK", "DARK"), ("flat", "S_FLAT", "FLAT"),
        ("sky", "S_BKDSUB", "SKY"),
    ],
)  # fmt: skip
def test_a_step_that_is_switched_off_is_not_done(made: Night, step: str, keyword: str, kind: str) -> None:
    result = look(made, **{step: "off"})
    assert not by_name(result)[step].done
    assert result.keywords[keyword][0] == "SKIPPED"
    assert any("Switched off" in reason for reason in result.reasons)
    assert kind in {"", *result.unused}
    assert kind not in wanted_references([made.ramp], QuickLookConfig(**{step: "off"}))
    with_it, without = look(made).frame, result.frame
    assert with_it is not None
    assert without is not None
    assert not (np.array_equal(with_it.data, without.data) and np.array_equal(with_it.dq, without.dq))


@pytest.mark.parametrize("kind", ["NONLINCOEFF", "MASK", "DARK", "FLAT", "SKY"])
def test_a_reference_that_is_missing_is_told_of(made: Night, kind: str) -> None:
    frames = {name: frame for name, frame in made.references.frames.items() if name != kind}
    why = {kind: Missing(f"The rules select no {kind}: nothing matches. Give one.")}
    result = look(made, References(frames, why))
    assert result.verdict == "doubtful"
    assert any(f"The rules select no {kind}: nothing matches. Give one." in reason for reason in result.reasons)
    step = next(stage for stage in result.stages if stage.reference == kind)
    assert result.keywords[step.keyword][0] == "SKIPPED"
    with pytest.raises(InputError, match=f"The rules select no {kind}"):
        look(made, References(frames, why), **{step.name: "on"})


def test_what_does_not_apply_is_no_fault(made: Night) -> None:
    frames = {name: frame for name, frame in made.references.frames.items() if name != "SKY"}
    before = look(made)
    result = look(made, References(frames, {"SKY": Missing("By the rules no SKY applies.", applies=False)}))
    assert by_name(result)["sky"].note == "By the rules no SKY applies."
    assert not by_name(result)["sky"].doubtful
    assert result.verdict != "bad"
    assert before.verdict == "doubtful"  # the age of the sky is not known


UNFIT = {
    "DARK of another detector": ("DARK", {"DETECTOR": "IRIS4"}, "IRIS4", "detector"),
    "a flat that is a dark": ("FLAT", {"REFTYPE": "DARK"}, "no flat", "type FLAT"),
    "a sky through another filter": ("SKY", {"FILTER": "K"}, "FILTER", "same filter"),
    "coefficients of nobody knows what": ("NONLINCOEFF", {"LINFORM": "CUBIC"}, "LINFORM", "Known are"),
    "a map that is a sky": ("MASK", {"REFTYPE": "SKY"}, "no bad pixel map", "type MASK"),
    "a dark of another part": ("DARK", {"SUBSTRT1": 11, "SUBARRAY": "CUSTOM", "DETXSIZE": 4096, "DETYSIZE": 4096},
                               "dark", "subarray"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNFIT)
def test_a_reference_that_does_not_fit(made: Night, case: str) -> None:
    """Selected by the rules it is left out, and the product doubtful; chosen by hand, or insisted on, it is refused."""
    kind, cards, says, cure = UNFIT[case]
    frames = {**made.references.frames, kind: with_header(made.references[kind], **cards)}  # type: ignore[arg-type]
    result = look(made, References(frames))
    step = next(stage for stage in result.stages if stage.reference == kind)
    assert not step.done
    assert step.doubtful
    assert result.verdict == "doubtful"
    assert says in step.note
    assert cure in step.note
    assert kind in result.unused
    for references, switch in ((References(frames, by_hand=frozenset({kind})), "auto"), (References(frames), "on")):
        with pytest.raises(InputError) as error:
            look(made, references, **{step.name: switch})
        assert says in error.value.message
        assert cure in error.value.cure


def test_an_image_begins_at_the_bad_pixels(made: Night, rate: Frame) -> None:
    result, whole = look(made, image=rate), look(made)
    assert [stage.name for stage in result.stages] == ["raw", "bad_pixels", "dark", "flat", "sky"]
    assert result.frame is not None
    assert whole.frame is not None
    np.testing.assert_allclose(result.frame.data, whole.frame.data, rtol=1e-6)
    assert "S_RAMP" not in result.keywords
    with pytest.raises(InputError, match="image"):
        look(made, image=rate, linearity="on")


def test_what_was_done_before_is_not_done_again(made: Night, rate: Frame) -> None:
    image = with_header(rate, S_DARK="COMPLETE", S_FLAT="COMPLETE")
    result = look(made, image=image)
    assert not by_name(result)["dark"].done
    assert "done before" in by_name(result)["dark"].note
    assert not by_name(result)["dark"].doubtful
    assert result.keywords["S_DARK"][0] == "COMPLETE"
    assert set(wanted_references([image], QuickLookConfig())) == {"MASK", "SKY"}
    with pytest.raises(InputError, match="S_DARK is COMPLETE"):
        look(made, image=image, dark="on")


def test_a_ramp_that_was_straightened_is_not_straightened_again(made: Night) -> None:
    ramp = with_header(made.ramp, S_LINEAR="COMPLETE")
    result = look(made, image=ramp)
    assert not by_name(result)["linearity"].done
    assert result.keywords["S_LINEAR"][0] == "COMPLETE"
    assert "NONLINCOEFF" in result.unused


@pytest.mark.parametrize(("kind", "left_out"), [("SKY", {"sky"}), ("DARK", {"dark", "flat", "sky"}), ("IMAGE", set())])
def test_what_is_no_part_of_such_exposures(made: Night, kind: str, left_out: set[str]) -> None:
    result = look(made, image=with_header(made.ramp, EXP_TYPE=f"IRIS_{kind}"))
    assert {stage.name for stage in result.stages if not stage.done} == left_out
    assert not any(stage.doubtful for stage in result.stages)


def test_bad_pixels_are_handed_on(made: Night) -> None:
    frame = look(made).frame
    assert frame is not None
    assert frame.dq is not None
    mask = made.references["MASK"]
    assert isinstance(mask, Frame)
    assert mask.dq is not None
    assert np.all((frame.dq & mask.dq) == mask.dq)
    hot = (mask.dq & dq.HOT) != 0
    assert hot.sum() > 100
    assert np.all(frame.dq[hot] & dq.DO_NOT_USE)


def test_filled_pixels_are_flagged_and_have_no_error(made: Night) -> None:
    plain, filled = look(made, dark="off").frame, look(made, dark="off", interpolate=True)
    assert plain is not None
    assert filled.frame is not None
    assert filled.frame.dq is not None
    assert filled.frame.err is not None
    where = (filled.frame.dq & dq.BY_NAME["FLUX_ESTIMATED"].value) != 0
    assert filled.metrics["n_interpolated"].value == where.sum() > 100
    assert np.all(filled.frame.dq[where] & dq.DO_NOT_USE)
    assert np.isnan(filled.frame.err[where]).all()
    # hot ones stand out no longer: they are as their neighbours
    assert np.median(np.abs(plain.data[where] - made.science[where])) > 5
    assert np.median(np.abs(filled.frame.data[where] - made.science[where])) < 1
    np.testing.assert_array_equal(filled.frame.data[~where], plain.data[~where])


def test_nothing_is_left(made: Night) -> None:
    mask = made.references["MASK"]
    assert isinstance(mask, Frame)
    full = replace(mask, dq=np.full(mask.shape, dq.DO_NOT_USE, np.uint32))
    with pytest.raises(AlgorithmError, match="all are flagged") as error:
        look(made, selected(made, MASK=full))
    assert "MASK=FILE" in error.value.cure
    with pytest.raises(AlgorithmError, match="No pixel"):
        look(made, image=replace(made.ramp, dq=np.full(made.ramp.shape, dq.DO_NOT_USE, np.uint32)))


def test_a_subarray_takes_its_part_of_full_references(made: Night) -> None:
    """As the whole, but for what reference pixels do, which the subarray has none of."""
    box = (slice(40, 140), slice(60, 180))
    part = look(made, image=cut_out(made.ramp, *box), sky="off")
    whole = look(made, reference_pixels="off", sky="off")
    assert part.frame is not None
    assert whole.frame is not None
    np.testing.assert_allclose(part.frame.data, whole.frame.data[box], rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(part.frame.dq, whole.frame.dq[box] if whole.frame.dq is not None else None)
    assert not by_name(part)["reference_pixels"].done
    assert part.keywords["S_REFPIX"][0] == "SKIPPED"
    with pytest.raises(InputError, match="no reference pixels"):
        look(made, image=cut_out(made.ramp, *box), reference_pixels="on")


@pytest.mark.parametrize("cards", [{"SUBSTRT1": 2}, {"SUBSTRT2": -3}, {"SUBSIZE1": 64}])
def test_a_subarray_outside_the_detector_is_refused(made: Night, cards: dict[str, int]) -> None:
    ramp = with_header(made.ramp, SUBARRAY="CUSTOM", **cards)
    with pytest.raises(InputError) as error:
        check_chain([ramp], QuickLookConfig())
    assert next(iter(cards)) in str(error.value)
    assert error.value.cure


def test_cubes_are_refused() -> None:
    cube = Frame(np.zeros((4, 8, 8), np.float32), header={"CTYPE3": "WAVE"})
    with pytest.raises(InputError, match="cube"):
        check_kinds(algorithm("quick-look"), [cube])
    with pytest.raises(InputError, match="cube"):
        check_chain([cube])


def test_pictures_before_and_after_each_step(made: Night) -> None:
    """Of a small image they are always there, and in the product if they are asked for."""
    result = look(made)
    found = by_name(result)
    assert not result.planes.keys() & {"BEFORE", "AFTER_DARK"}
    assert look(made, keep="steps").planes.keys() >= {"BEFORE", "AFTER_LINEARITY", "AFTER_DARK", "AFTER_SKY"}
    # the last read less the first, by time
    reads = made.ramp.data[0].astype(np.float64)
    np.testing.assert_allclose(found["raw"].frame.data, (reads[-1] - reads[0]) * 1.8 / 72, rtol=1e-4, atol=1e-3)
    # drifts of the amplifiers go, which all rows share; then the bend of the brightest
    steps = found["raw"].frame.data - found["reference_pixels"].frame.data
    assert np.ptp(np.median(steps, axis=0)) > 0.1
    bright = made.science > 50
    assert np.all(found["linearity"].frame.data[bright] > found["reference_pixels"].frame.data[bright])
    assert np.median(found["dark"].frame.data - found["bad_pixels"].frame.data) == pytest.approx(-0.4, abs=0.1)
    np.testing.assert_array_equal(found["sky"].frame.data, result.frame.data)  # type: ignore[union-attr]


def test_inputs_stay_as_they_are(made: Night) -> None:
    again = night(7)
    look(made, interpolate=True, keep="steps")
    np.testing.assert_array_equal(made.ramp.data, again.ramp.data)
    for kind, frame in made.references.frames.items():
        other = again.references[kind]
        assert isinstance(frame, Frame)
        assert isinstance(other, Frame)
        np.testing.assert_array_equal(frame.data, other.data)
        np.testing.assert_array_equal(frame.dq, other.dq)
    assert made.ramp.shape == (1, 10, SIDE, SIDE)


@pytest.mark.parametrize("begin", ["ramp", "image"])
def test_steps_of_large_images_write_into_planes_that_are_done_with(
    made: Night, rate: Frame, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """Nothing but where the planes lie differs from what is kept of small ones, and what was given stays."""
    given = made.ramp if begin == "ramp" else Frame(rate.data.copy(), rate.err, rate.dq.copy(), rate.header)  # type: ignore[union-attr]
    before = given.data.copy(), None if given.dq is None else given.dq.copy()
    kept = look(made, image=given)
    monkeypatch.setattr("calgui.core.algorithms.quicklook.chain._SMALL", 0)
    dropped = look(made, image=given)
    assert all(stage.frame is None for stage in dropped.stages)
    assert kept.frame is not None
    assert dropped.frame is not None
    for name in ("data", "err", "dq"):
        np.testing.assert_array_equal(getattr(dropped.frame, name), getattr(kept.frame, name))
    assert {name: one.value for name, one in dropped.metrics.items()} == {
        name: one.value for name, one in kept.metrics.items()
    }
    np.testing.assert_array_equal(given.data, before[0])
    if before[1] is not None:
        np.testing.assert_array_equal(given.dq, before[1])


class _Failing(Frame):
    """A reference whose disk fails on the way."""

    def _end(self, start: int) -> None:
        if start > 0:
            raise InputError("The disk gave nothing more.", cure="Copy it again.")

    def rows(self, start: int, stop: int) -> Rows:
        self._end(start)
        return super().rows(start, stop)

    def band(self, start: int, stop: int) -> Rows:
        self._end(start)
        return super().band(start, stop)


@pytest.mark.parametrize("kind", ["MASK", "DARK", "FLAT", "SKY"])
def test_no_step_is_left_out_when_its_reference_breaks_off_with_pixels_written(
    made: Night, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Else half of the picture would be calibrated, and said not to be."""
    whole = made.references[kind]
    assert isinstance(whole, Frame)
    broken = _Failing(whole.data, whole.err, whole.dq, whole.header)
    for module in ("subtraction", "flats.dividing", "quicklook.steps", "quicklook.skystep"):
        monkeypatch.setattr(f"calgui.core.algorithms.{module}._BAND", 32)
    # small images keep their pictures: nothing is written over, and the step is left out
    stage = {one.reference: one for one in look(made, selected(made, **{kind: broken})).stages}[kind]
    assert not stage.done
    assert "The disk gave nothing more." in stage.note
    monkeypatch.setattr("calgui.core.algorithms.quicklook.chain._SMALL", 0)
    if kind == "SKY":  # it is read once before anything is written
        stage = {one.reference: one for one in look(made, selected(made, SKY=broken)).stages}[kind]
        assert not stage.done
        return
    with pytest.raises(InputError, match="The disk gave nothing more"):
        look(made, selected(made, **{kind: broken}))
