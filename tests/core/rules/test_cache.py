"""Opening caches: the real ones, several at once, without environment, without writing."""

import os
import subprocess
import sys
import threading

import pytest

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.values import Trust

SELECTED = {
    "dark": "tmt_iris_dark_0001.fits",
    "dflat": "NOT FOUND n/a",
    "drizpars": "tmt_iris_drizpars_0001.fits",
    "flat": "tmt_iris_flat_0003.fits",
    "mask": "tmt_iris_mask_0001.fits",
    "nonlincoeff": "tmt_iris_nonlin_coeff.fits",
}


def best(cache, header):
    return crds_module("core.rmap").get_best_references(cache.load(cache.default_context), header)


def test_the_real_tmt_cache_selects_with_stock_crds(real_data, header):
    cache = Cache.open(real_data / "caches" / "tmt")
    assert cache.contexts == ("tmt_0001.pmap",)
    assert cache.default_context == "tmt_0001.pmap"
    assert cache.observatory.name == "tmt"
    assert dict(cache.instruments("tmt_0001.pmap")) == {"IRIS": "tmt_iris_0003.imap"}
    assert cache.types("tmt_0001.pmap", "iris")["dflat"] == "N/A"
    assert best(cache, header) == SELECTED
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.LFS_POINTER
    assert cache.reference_path("tmt_iris_dark_0001.fits").parent.name == "iris"


def test_fits_keywords_select_as_parkeys_do(real_data, header):
    cache = Cache.open(real_data / "caches" / "tmt")
    fits = {cache.observatory.keyword_of(parkey): value for parkey, value in header.items()}
    assert set(fits) == {"INSTRUME", "DETECTOR", "FILTER", "PUPIL", "SUBARRAY", "DATE-OBS", "TIME-OBS"}
    assert best(cache, fits) == SELECTED


def test_the_real_ligeriri_cache_opens_in_spite_of_its_defects(real_data):
    cache = Cache.open(real_data / "caches" / "ligeriri")
    assert cache.stated_context == "iris_liger_0001.pmap"
    assert cache.default_context == "ligeriri_0001.pmap"
    assert set(cache.instruments("ligeriri_0001.pmap")) == {"LIGER", "IRIS"}
    header = {
        "INSTRUME": "IRIS",
        "INSTERA": "0.0.0",
        "DETECTOR": "IMG1",
        "READMODE": "DEFAULT",
        "FILTER": "Y",
        "PUPIL": "CLEAR",
        "SUBARRAY": "FULL",
        "DATE": "2024-10-01 00:00:00",
    }
    chosen = best(cache, header)
    assert chosen["dark"] == "IRIS_IMG1_DARK_20240924T000000_0.0.1.fits"
    assert chosen["flat"] == "IRIS_IMG1_FLAT_20240924T000000_0.0.1.fits"
    assert chosen["nonlincoeff"] == "IRIS_IMG1_NONLINCOEFF_20240924T000000_0.0.1.fits"
    with pytest.raises(InputError, match="not in the cache"):
        cache.rmap("ligeriri_0001.pmap", "LIGER", "dark")


@pytest.mark.parametrize(
    ("name", "context", "count", "dates"),
    [
        ("hst", "hst_0349.pmap", 116, ("DATE-OBS", "TIME-OBS")),
        ("jwst", "jwst_0300.pmap", 92, ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")),
        ("tobs", "tobs.pmap", 1, ()),
    ],
)
def test_every_mapping_of_the_public_caches_loads(real_data, name, context, count, dates):
    cache = Cache.open(real_data / "caches" / name)
    assert cache.default_context == context
    assert cache.observatory.dates == dates
    loaded = [
        cache.rmap(context, instrument, kind)
        for instrument in cache.instruments(context)
        for kind, file in cache.types(context, instrument).items()
        if file != "N/A"
    ]
    assert len(loaded) == count
    assert all(type(rules).__name__ == "ReferenceMapping" for rules in loaded)
    cache.close()


def test_stock_hooks_stay_in_use_for_a_stock_observatory(real_data):
    cache = Cache.open(real_data / "caches" / "hst")
    rules = cache.rmap("hst_0349.pmap", "ACS", "biasfile")
    assert rules._precondition_header.__name__ == "precondition_header_acs_biasfile_v2"
    assert rules._fallback_header.__name__ == "fallback_header_acs_biasfile_v2"


def test_jwst_selects_by_fits_keywords_too(real_data):
    cache = Cache.open(real_data / "caches" / "jwst")
    header = {"INSTRUME": "NIRCAM", "DETECTOR": "NRCA1", "SUBARRAY": "FULL", "DATE-OBS": "2022-07-01"}
    header |= {"TIME-OBS": "00:00:00", "EXP_TYPE": "NRC_IMAGE", "FILTER": "F200W", "PUPIL": "CLEAR"}
    parkeys = {cache.observatory.parkey_of(key): value for key, value in header.items()}
    chosen = best(cache, parkeys)
    assert chosen == best(cache, header)
    assert chosen["gain"].startswith("jwst_nircam_gain_")


def test_an_observatory_that_nobody_knows_is_derived_from_its_mappings(write_cache):
    writer = write_cache("other", "newobs")
    writer.pmap("newobs_0001.pmap", {"CAM": "newobs_cam_0001.imap"}, parkey=("INSTRUME",))
    writer.imap("newobs_cam_0001.imap", {"DARK": "newobs_cam_dark_0001.rmap"}, instrument="CAM")
    writer.rmap(
        "newobs_cam_dark_0001.rmap",
        "Match({\n ('A',) : UseAfter({\n '2020-01-01 00:00:00' : 'newobs_cam_dark_0001.fits'})})",
        instrument="CAM",
        parkey=(("DETECTOR",), ("DATE-OBS", "TIME-OBS")),
    )
    cache = Cache.open(writer.root)
    assert cache.observatory.derived
    assert (cache.observatory.instruments, cache.observatory.types) == (("CAM",), ("DARK",))
    assert cache.observatory.dates == ("DATE-OBS", "TIME-OBS")
    assert cache.observatory.keyword_of("DETECTOR") == cache.observatory.parkey_of("detector") == "DETECTOR"
    header = {"INSTRUME": "CAM", "DETECTOR": "A", "DATE-OBS": "2020-01-02", "TIME-OBS": "00:00:00"}
    assert best(cache, header) == {"dark": "newobs_cam_dark_0001.fits"}


def test_a_roman_layout_works_with_what_crds_knows_of_roman(write_cache):
    writer = write_cache("roman", "roman")
    writer.pmap("roman_0001.pmap", {"WFI": "roman_wfi_0001.imap"}, parkey=("ROMAN.META.INSTRUMENT.NAME",))
    writer.imap("roman_wfi_0001.imap", {"DARK": "roman_wfi_dark_0001.rmap"}, instrument="WFI")
    writer.rmap(
        "roman_wfi_dark_0001.rmap",
        "Match({\n ('WFI01',) : UseAfter({\n '2020-01-01 00:00:00' : 'roman_wfi_dark_0001.asdf'})})",
        instrument="WFI",
        parkey=(("ROMAN.META.INSTRUMENT.DETECTOR",), ("ROMAN.META.EXPOSURE.START_TIME",)),
    )
    cache = Cache.open(writer.root)
    assert cache.observatory.dates == ("ROMAN.META.EXPOSURE.START_TIME",)
    header = {
        "ROMAN.META.INSTRUMENT.NAME": "WFI",
        "ROMAN.META.INSTRUMENT.DETECTOR": "WFI01",
        "ROMAN.META.EXPOSURE.START_TIME": "2021-01-01 00:00:00",
    }
    assert best(cache, header) == {"dark": "roman_wfi_dark_0001.asdf"}


def test_two_caches_of_one_observatory_do_not_mix(write_cache, header):
    one, two = write_cache("one").healthy(), write_cache("two").healthy()
    two.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({\n ('IRIS1',) : UseAfter({\n '2020-01-01 00:00:00' : 'tmt_iris_dark_0002.fits'})})",
    )
    first, second = Cache.open(one.root), Cache.open(two.root)
    for _ in range(2):
        assert best(first, header)["dark"] == "tmt_iris_dark_0001.fits"
        assert best(second, header)["dark"] == "tmt_iris_dark_0002.fits"
    first.close()
    assert best(second, header)["dark"] == "tmt_iris_dark_0002.fits"
    assert best(first, header)["dark"] == "tmt_iris_dark_0001.fits"


def test_answers_stand_on_one_state_until_reload(write_cache, header):
    writer = write_cache().healthy()
    cache = Cache.open(writer.root)
    assert best(cache, header)["dark"] == "tmt_iris_dark_0001.fits"
    writer.rmap(
        "tmt_iris_dark_0001.rmap", "Match({('IRIS1',) : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_dark_0002.fits'})})"
    )
    writer.pmap("tmt_0002.pmap", {"IRIS": "tmt_iris_0001.imap"})
    assert best(cache, header)["dark"] == "tmt_iris_dark_0001.fits"
    cache.reload()
    assert best(cache, header)["dark"] == "tmt_iris_dark_0002.fits"
    assert cache.default_context == "tmt_0002.pmap"


def test_references_that_arrive_later_are_seen(write_cache):
    writer = write_cache().healthy()
    cache = Cache.open(writer.root)
    assert cache.trust("tmt_iris_dark_0002.fits") is Trust.MISSING
    path = writer.reference("tmt_iris_dark_0002.fits")
    assert cache.trust("tmt_iris_dark_0002.fits") is Trust.OK
    path.write_bytes(b"not fits at all")
    assert cache.trust("tmt_iris_dark_0002.fits") is Trust.CORRUPT
    other = writer.root / "references" / "tmt" / "other"
    other.mkdir()
    (other / "late.json").write_text("{}")
    assert cache.trust("late.json") is Trust.OK


@pytest.mark.parametrize("part", [".", "mappings", "mappings/tmt", "mappings/tmt/tmt_0001.pmap"])
def test_any_part_of_a_cache_opens_it(write_cache, part):
    writer = write_cache().healthy()
    cache = Cache.open(writer.root / part)
    assert cache.path == writer.root
    assert cache.default_context == "tmt_0001.pmap"
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.OK


def test_a_pmap_that_is_named_is_the_default_context(write_cache):
    writer = write_cache().healthy()
    writer.pmap("tmt_0010.pmap", {"IRIS": "tmt_iris_0001.imap"})
    writer.pmap("tmt_0009.pmap", {"IRIS": "tmt_iris_0001.imap"})
    assert Cache.open(writer.root).default_context == "tmt_0010.pmap"
    assert Cache.open(writer.mappings / "tmt_0001.pmap").default_context == "tmt_0001.pmap"
    (writer.config / "server_config").write_text("{'operational_context': 'tmt_0009.pmap'}")
    assert Cache.open(writer.root).default_context == "tmt_0009.pmap"


def test_a_flat_layout_opens(write_cache, tmp_path, header):
    writer = write_cache().healthy()
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in [*writer.mappings.iterdir(), *writer.references.iterdir()]:
        path.rename(flat / path.name)
    cache = Cache.open(flat)
    assert best(cache, header) == {"dark": "tmt_iris_dark_0001.fits"}
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.OK


@pytest.mark.parametrize("what", ["", "nowhere", "file.txt", "\0"])
def test_what_is_no_cache_is_refused_with_a_cure(tmp_path, what):
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(InputError) as caught:
        Cache.open(tmp_path / what)
    assert caught.value.cure


def test_several_observatories_in_one_folder_ask_for_a_choice(write_cache):
    writer = write_cache().healthy()
    other = writer.root / "mappings" / "hst"
    other.mkdir()
    (other / "hst.pmap").write_text("header = {}\nselector = {}\n")
    with pytest.raises(InputError, match="hst, tmt"):
        Cache.open(writer.root)
    assert Cache.open(writer.mappings).default_context == "tmt_0001.pmap"


def test_references_of_another_observatory_are_not_ours(write_cache, fits_bytes):
    writer = write_cache().healthy()
    other = writer.root / "references" / "hst"
    other.mkdir()
    (other / "theirs.fits").write_bytes(fits_bytes())
    (writer.root / "references" / "loose.fits").write_bytes(fits_bytes())
    (writer.references.parent / "flat.fits").write_bytes(fits_bytes())
    cache = Cache.open(writer.root)
    assert cache.trust("theirs.fits") is Trust.MISSING
    assert cache.trust("loose.fits") is Trust.OK
    assert cache.layout.reference_names() == ["flat.fits", "loose.fits", "tmt_iris_dark_0001.fits"]


def test_what_a_context_does_not_have_is_a_usage_error(write_cache):
    cache = Cache.open(write_cache().healthy().root)
    for call in (
        lambda: cache.instruments("tmt_0007.pmap"),
        lambda: cache.types("tmt_0001.pmap", "MIRI"),
        lambda: cache.rmap("tmt_0001.pmap", "IRIS", "flat"),
    ):
        with pytest.raises(UsageError):
            call()


def test_environment_and_files_stay_as_they_were(real_data, monkeypatch, snapshot, header):
    monkeypatch.setenv("CRDS_PATH", "/somewhere/else")
    monkeypatch.setenv("CRDS_USE_PICKLED_CONTEXTS", "1")
    monkeypatch.setenv("CRDS_SERVER_URL", "https://hst-crds.stsci.edu")
    folder = real_data / "caches"
    environment, files = dict(os.environ), snapshot(folder)
    for name in ("tmt", "ligeriri", "tobs"):
        cache = Cache.open(folder / name)
        cache.findings()
        for mapping in cache.mappings:
            cache.mapping_info(mapping)
        best(cache, header | {"META.INSTRUMENT.NAME": "IRIS", "INSTRUME": "TINSTR"})
        cache.close()
    assert dict(os.environ) == environment
    assert snapshot(folder) == files


FRESH = """
import os, sys
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum
assert "crds" not in sys.modules, "crds is imported before it is needed"
before = dict(os.environ)
cache = Cache.open(sys.argv[1])
cache.load("tmt_0001.pmap").get_imap("iris").get_rmap("dark")
assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
import crds
assert crds.config.get_ignore_checksum() in (False, None, 0)
assert dict(os.environ) == before
from crds.core import log
log.error("nobody is to see this")
log.warning("nor this")
"""


def run(code, folder, *options, **environment):
    return subprocess.run(
        [sys.executable, *options, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={key: text for key, text in os.environ.items() if not key.startswith("XDG_")} | environment,
    )


def test_a_fresh_process_imports_crds_late_silently_and_cleanly(write_cache):
    writer = write_cache().healthy()
    done = run(FRESH, writer.root, CRDS_VERBOSITY="80", CRDS_PATH="/nowhere", CRDS_S3_ENABLED="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr == ""


def test_optimised_python_is_refused(write_cache):
    writer = write_cache().healthy()
    code = "import sys\nfrom calgui.core.rules.cache import Cache\nCache.open(sys.argv[1]).load('tmt_0001.pmap')"
    for options in (["-O"], ["-OO"]):
        done = run(code, writer.root, *options)
        assert done.returncode == 1
        assert "optimised" in done.stderr
    assert run(code, writer.root, PYTHONOPTIMIZE="1").returncode == 1
    assert run(code, writer.root).returncode == 0


def test_many_threads_load_one_cache(real_data, header):
    cache = Cache.open(real_data / "caches" / "tmt")
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(best(cache, header))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [SELECTED] * 8


def test_mapping_info_gives_text_header_and_both_checksums(real_data):
    tmt = Cache.open(real_data / "caches" / "tmt").mapping_info("tmt_iris_0003.imap")
    assert tmt.header["name"] == "tmt_iris_0001.imap"
    assert tmt.sha1_stated == tmt.sha1_actual == "01223a5f8f5dfd8b584809bfb2ae88a5d8b8ccdd"
    assert {finding.code for finding in tmt.findings} == {"name", "not-applicable"}
    assert tmt.text == tmt.path.read_text()
    other = Cache.open(real_data / "caches" / "ligeriri").mapping_info("ligeriri_liger_0001.imap")
    assert other.sha1_stated != other.sha1_actual
    assert {"sha1", "parkey", "missing-mapping"} <= {finding.code for finding in other.findings}


def test_nothing_goes_to_the_network(real_data, monkeypatch, header):
    def refuse(*_args, **_options):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket", refuse)
    monkeypatch.setattr("socket.create_connection", refuse)
    for name in ("tmt", "ligeriri", "tobs"):
        cache = Cache.open(real_data / "caches" / name)
        cache.findings()
        assert best(cache, header | {"META.INSTRUMENT.NAME": "IRIS", "INSTRUME": "TINSTR"})


def test_texts_are_read_and_signed_as_crds_does(real_data):
    for name in ("tmt", "ligeriri", "jwst", "hst"):
        cache = Cache.open(real_data / "caches" / name)
        for mapping in sorted(cache.doctor().reach.mappings):
            if cache.mapping_path(mapping) is None:
                continue
            known = cache.load(mapping)
            parsed = cache.parsed(mapping)
            assert checksum(parsed.text) == known._get_checksum(cache.mapping_path(mapping).read_text())
            assert set(parsed.header) == set(known.header)
            assert all(dict.__getitem__(known.header, key) == value for key, value in parsed.header.items())


def test_one_error_raised_many_times_does_not_grow(write_cache):
    writer = write_cache().healthy()
    writer.text("tmt_iris_dark_0001.rmap", "header = {")
    cache = Cache.open(writer.root)
    depths = []
    for _ in range(50):
        with pytest.raises(InputError) as caught:
            cache.rmap("tmt_0001.pmap", "IRIS", "dark")
        depths.append(len(caught.traceback))
    assert len(set(depths[1:])) == 1


def test_the_newest_context_is_that_of_the_highest_number(write_cache):
    writer = write_cache().healthy()
    names = ["tmt.pmap", "tmt_edit.pmap", "tmt_0001.pmap", "tmt_0009.pmap", "tmt_0010.pmap", "tmt_99999.pmap"]
    for name in names[1:]:
        writer.pmap(name, {"IRIS": "tmt_iris_0001.imap"})
    writer.pmap("tmt.pmap", {"IRIS": "tmt_iris_0001.imap"})
    cache = Cache.open(writer.root)
    assert cache.contexts == tuple(names)
    assert cache.default_context == "tmt_99999.pmap"
