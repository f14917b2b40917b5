"""Questions of a mapping with very many rules: answered in bounded time, and saying what was not tried."""

import time
from pathlib import Path

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum
from calgui.core.rules.questions.matches import MOST_PROVED, matches
from calgui.core.rules.questions.nearest import near_miss_of
from calgui.core.rules.selection.trace import explain

_MANY = 6000
_HEADER = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "F77", "DATE-OBS": "2021-01-01", "TIME-OBS": "00:00:00"}


def _write(path: Path, head: str, selector: str) -> None:
    common = f"'derived_from': '', 'name': '{path.name}', 'observatory': 'TMT',\n'sha1sum': '{'0' * 40}',\n"
    text = f"header = {{\n{common}{head}}}\nselector = {selector}\n"
    path.write_text(text.replace("0" * 40, checksum(text)))


def test_six_thousand_rules_that_name_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "tmt"
    folder.mkdir(parents=True)
    rules = "".join(f"('IRIS1', 'F{n}'): UseAfter({{'2020-01-01 00:00:00': 'one.fits'}}),\n" for n in range(_MANY))
    rules += "('IRIS2', 'F1'): UseAfter({'2020-01-01 00:00:00': 'two.fits'}),\n"
    parkey = (
        "(('META.INSTRUMENT.DETECTOR', 'META.INSTRUMENT.FILTER'), ('META.OBSERVATION.DATE', 'META.OBSERVATION.TIME'))"
    )
    _write(
        folder / "tmt_iris_flat_0001.rmap",
        f"'filekind': 'FLAT', 'instrument': 'IRIS', 'mapping': 'REFERENCE', 'parkey': {parkey},\n",
        f"Match({{\n{rules}}})",
    )
    _write(
        folder / "tmt_iris_0001.imap",
        "'instrument': 'IRIS', 'mapping': 'INSTRUMENT', 'parkey': ('REFTYPE',),\n",
        "{'FLAT': 'tmt_iris_flat_0001.rmap'}",
    )
    _write(
        folder / "tmt_0001.pmap",
        "'mapping': 'PIPELINE', 'parkey': ('META.INSTRUMENT.NAME',),\n",
        "{'IRIS': 'tmt_iris_0001.imap'}",
    )
    cache = Cache.open(tmp_path)
    started = time.monotonic()
    assert explain(cache, "tmt_0001.pmap", "flat", _HEADER).selected == "one.fits"
    near = near_miss_of(cache, "tmt_0001.pmap", "flat", _HEADER, "two.fits")
    assert near is not None
    found = matches(cache, "tmt_0001.pmap", "one.fits")
    assert len(found) == _MANY
    tried = [one for one in found if "first" not in one.reason]
    assert len(tried) == MOST_PROVED, [(one.key, one.wins, one.reason) for one in found[:3]]
    # not every value is tried either; what is told is true all the same
    assert any(one.wins for one in tried)
    assert not any(one.wins is False for one in tried)
    assert found[-1].wins is None
    assert "first" in found[-1].reason
    # far above what it takes, and far below what a square of the rules would take
    assert time.monotonic() - started < 120
