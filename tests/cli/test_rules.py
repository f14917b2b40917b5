"""``calgui explain`` and ``calgui bestrefs`` as users call them."""

import json
from pathlib import Path

from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight


def test_bestrefs_answers_the_files_that_can_be_read(demo_night: DemoNight, tmp_path: Path) -> None:
    good = sorted(Path(demo_night.raw).glob("*.fits"))[-1]
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS")
    result = CliRunner().invoke(cli, ["bestrefs", "--cache", str(demo_night.cache), "--json", str(bad), str(good)])
    assert result.exit_code == 3
    first, second = json.loads(result.stdout)["observations"]
    assert first["file"] == str(good)
    assert any(one["status"] == "selected" and one["trust"] for one in first["references"])
    assert second["references"] == []
    assert "bad.fits" in second["error"]


def test_explain_takes_settings_by_keyword_and_parkey(demo_night: DemoNight) -> None:
    words = ["explain", "--cache", str(demo_night.cache), "--type", "dark", "--json", "--set", "INSTRUME=IRIS"]
    answers = []
    for key in ("DETECTOR", "META.INSTRUMENT.DETECTOR"):
        result = CliRunner().invoke(cli, [*words, "--set", f"{key}=NOSUCH"])
        assert result.exit_code == 0, result.output
        answers.append(json.loads(result.stdout))
    assert answers[0]["rules"] == answers[1]["rules"]
    assert answers[0]["status"] == "not-found"
    assert "NOSUCH" in answers[0]["message"]
    assert {"context", "mapping", "type", "selected", "parameters", "near_misses"} <= set(answers[0])


def test_a_wrong_setting_or_type_is_wrong_usage(demo_night: DemoNight) -> None:
    base = ["explain", "--cache", str(demo_night.cache), "--set", "INSTRUME=IRIS"]
    assert CliRunner().invoke(cli, [*base, "--type", "dark", "--set", "FILTER"]).exit_code == 2
    assert CliRunner().invoke(cli, [*base, "--type", "nosuch"]).exit_code == 2
