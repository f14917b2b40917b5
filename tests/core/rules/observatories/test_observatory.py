"""Observatories as data: the keyword tables both ways, and what is derived without one."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.catalogue import CATALOGUE, PIPELINE_TYPES
from calgui.core.errors import InputError
from calgui.core.resources import resources
from calgui.core.rules.observatories.observatory import derive, described, read_observatory, simple_name

NAMES = sorted(path.stem for path in (resources() / "observatories").glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_description_is_whole(name):
    known = described(name)
    assert known is not None
    assert known.name == name
    assert known.instruments
    assert all(key in {row.parkey for row in known.rows} for key in known.dates)
    for row in known.rows:
        assert known.keyword_of(row.parkey.lower()) == row.keyword
        assert row.parkey in known.parkeys_of(row.keyword)
        assert known.parkey_of(row.keyword) in known.parkeys_of(row.keyword)
        assert row.type in ("string", "number", "integer", "boolean")
        assert len(row.keyword) <= 8


@pytest.mark.parametrize("name", ["tmt", "ligeriri"])
def test_the_tables_say_what_the_schemas_say(real_data, name):
    known = described(name)
    with (real_data / "keywords" / f"{name}.csv").open() as stream:
        for line in csv.DictReader(stream):
            row = known.row(line["parkey"])
            assert row.keyword == line["fits_keyword"]
            assert row.type == (line["type"] or "string")
            assert {value for value in line["allowed"].split("|") if value} <= set(row.allowed)


def test_tmt_has_what_the_catalogue_and_the_instrument_need(real_data):
    tmt = described("tmt")
    wanted = {kind for row in CATALOGUE for kind in row.reference_types} | set(PIPELINE_TYPES)
    assert wanted <= set(tmt.types)
    assert {"IRIS1", "IRIS2", "IRIS3", "IRIS4", "IFS"} <= set(tmt.allowed("META.INSTRUMENT.DETECTOR"))
    with (real_data / "filters" / "filters_summary.csv").open() as stream:
        assert {line["filter"] for line in csv.DictReader(stream)} <= set(tmt.allowed("meta.instrument.filter"))


def test_what_the_two_observatories_differ_in():
    tmt, ligeriri = described("TMT"), described("ligeriri")
    assert (tmt.nonlinearity.form, tmt.nonlinearity.coefficients) == ("factor", 5)
    assert (ligeriri.nonlinearity.form, ligeriri.nonlinearity.coefficients) == ("polynomial", None)
    assert tmt.dates == ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")
    assert ligeriri.dates == ("META.DATE",)


@pytest.mark.parametrize(
    ("name", "kind", "keyword"),
    [
        ("tmt", "dark", "R_DARK"),
        ("tmt", "DRIZPARS", "R_DRZPAR"),
        ("tmt", "NONLINCOEFF", "R_NONLIN"),
        ("tmt", "pinhole", "R_PINHOL"),
        ("ligeriri", "dq", "R_DQ"),
        ("jwst", "superbias", "R_SUPERB"),
        ("jwst", "EXTRACT1D", "R_EXTR1D"),
    ],
)
def test_the_keyword_that_says_which_reference_was_used(name, kind, keyword):
    assert described(name).reference_keyword(kind) == keyword


def test_imtype_means_the_likeliest_of_its_parkeys():
    ligeriri = described("ligeriri")
    assert ligeriri.parkey_of("IMTYPE") == "META.EXPOSURE.IMTYPE"
    assert len(ligeriri.parkeys_of("imtype")) == 3


def test_a_derived_observatory_takes_keywords_as_they_are():
    hst = derive("hst", ["acs"], ["biasfile"], ["DETECTOR", "DATE-OBS", "TIME-OBS"])
    assert hst.derived
    assert hst.keyword_of("ccdamp") == "CCDAMP"
    assert hst.parkey_of("ccdamp") == "CCDAMP"
    assert hst.keyword_of("ROMAN.META.INSTRUMENT.NAME") is None
    assert hst.reference_keyword("darkfile") == "DARKFILE"
    assert (hst.instruments, hst.types, hst.dates) == (("ACS",), ("BIASFILE",), ("DATE-OBS", "TIME-OBS"))


@given(st.dictionaries(st.sampled_from(["FILTER", "META.INSTRUMENT.FILTER", "filter", "OTHER"]), st.text(max_size=4)))
def test_a_parkey_in_the_header_wins_over_its_fits_keyword(header):
    found = described("tmt").parkeys(header)
    folded = {key.upper(): value for key, value in header.items()}
    assert set(folded) <= set(found)
    if "META.INSTRUMENT.FILTER" in folded:
        assert found["META.INSTRUMENT.FILTER"] == folded["META.INSTRUMENT.FILTER"]
    elif "FILTER" in folded:
        assert found["META.INSTRUMENT.FILTER"] == folded["FILTER"]
    else:
        assert "META.INSTRUMENT.FILTER" not in found


@pytest.mark.parametrize("name", ["", "../tmt", "t m t", "x" * 99, "1st", "tmt.toml"])
def test_names_that_are_no_words_describe_nothing(name):
    assert not simple_name(name)
    assert described(name) is None


def test_a_broken_description_is_an_input_error(tmp_path):
    path = tmp_path / "x.toml"
    for text in ("", "name = ", "name = 'x'\ninstruments = 3\ntypes = []\ndates = []\n[keywords]\n"):
        path.write_text(text)
        with pytest.raises(InputError) as caught:
            read_observatory(path)
        assert caught.value.path == path


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "jwst", "hst"])
def test_a_card_without_value_is_missing(name):
    known = described(name) or derive(name, ["acs"], [], ["FILTER"])
    parkeys = known.parkeys({"FILTER": None, "DETECTOR": "IRIS1", "pupil": None})
    assert "None" not in parkeys.values()
    assert not {"FILTER", "PUPIL", "META.INSTRUMENT.FILTER"} & set(parkeys)


def test_a_card_without_value_leaves_the_word_to_its_keyword():
    known = described("tmt")
    assert known.parkeys({"META.INSTRUMENT.FILTER": None, "FILTER": "K"})["META.INSTRUMENT.FILTER"] == "K"


def test_an_unknown_observatory_has_the_fits_keywords_that_others_agree_in():
    parkeys = ["META.INSTRUMENT.NAME", "META.INSTRUMENT.FILTER", "META.ODD.THING", "GRATING", "META.TARGET.RA"]
    known = derive("elsewhere", ["cam"], ["dark"], [*parkeys, "META.OBSERVATION.DATE"])
    assert known.parkeys({"INSTRUME": "CAM", "FILTER": "K", "DATE-OBS": "2026-01-01", "GRATING": "R"}) == {
        "INSTRUME": "CAM",
        "META.INSTRUMENT.NAME": "CAM",
        "FILTER": "K",
        "META.INSTRUMENT.FILTER": "K",
        "DATE-OBS": "2026-01-01",
        "META.OBSERVATION.DATE": "2026-01-01",
        "GRATING": "R",
    }
    assert known.parkey_of("GRATING") == "GRATING"
    assert known.keyword_of("META.ODD.THING") is None
    # TARG_RA at one, RA at another: taking either would be a guess
    assert known.keyword_of("META.TARGET.RA") is None


def test_what_stands_before_meta_makes_no_difference_but_for_dates():
    roman = derive("roman", ["wfi"], ["dark"], ["ROMAN.META.INSTRUMENT.DETECTOR", "ROMAN.META.EXPOSURE.START_TIME"])
    assert roman.parkeys({"DETECTOR": "WFI01"})["ROMAN.META.INSTRUMENT.DETECTOR"] == "WFI01"
    # EXPSTART is a number of days, which is no date to compare rules with
    assert roman.keyword_of("ROMAN.META.EXPOSURE.START_TIME") is None


def test_a_described_observatory_borrows_what_it_lacks():
    jwst = described("jwst").with_found([], [], ["META.INSTRUMENT.LAMP_STATE", "META.INSTRUMENT.FILTER"])
    assert described("jwst").keyword_of("META.INSTRUMENT.LAMP_STATE") is None
    assert jwst.keyword_of("META.INSTRUMENT.LAMP_STATE") == "LAMP"
    assert len({row.parkey for row in jwst.rows}) == len(jwst.rows)
