"""The catalogue holds every calibration once, and leads back from a reference type to its calibration."""

from collections import Counter

from calgui.core.catalogue import BY_KEY, CATALOGUE, PIPELINE_TYPES, calibration_of


def test_keys_and_reference_types_are_unique() -> None:
    assert len(BY_KEY) == len(CATALOGUE) == 16
    types = Counter(kind for row in CATALOGUE for kind in row.reference_types)
    assert set(types.values()) == {1}
    assert not set(types) & set(PIPELINE_TYPES)


def test_every_calibration_that_is_not_metadata_has_a_reference_type() -> None:
    for row in CATALOGUE:
        assert row.reference_types or row.kind == "metadata", row.title


def test_calibration_of_a_type_in_any_case() -> None:
    dark = calibration_of("dark")
    assert dark is not None
    assert dark.title == "Dark frame"
    assert calibration_of("nonlincoeff") is None


def test_real_time_and_spectrograph_rows() -> None:
    assert {row.key for row in CATALOGUE if row.spectrograph_only} == {"arc", "lenslet"}
    assert "psfstar" not in {row.key for row in CATALOGUE if row.real_time}
    assert {"dark", "flat", "mask", "sky", "arc", "adc"} <= {row.key for row in CATALOGUE if row.real_time}
