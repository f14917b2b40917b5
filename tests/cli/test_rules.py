"""``calgui explain`` and ``calgui bestrefs`` as users call them."""

import json
import shlex
from pathlib import Path

import pytest
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


DARK = ["--set", "INSTRUME=IRIS", "--set", "DETECTOR=IRIS1", "--set", "SUBARRAY=FULL", "--set", "TIME-OBS=08:00:00"]


def test_every_near_miss_selects_its_file_as_it_is_printed(demo_night: DemoNight) -> None:
    words = ["explain", "--cache", str(demo_night.cache), "--type", "dark", *DARK, "--set", "DATE-OBS=2026-03-11"]
    result = CliRunner().invoke(cli, words)
    lines = result.stdout.split("Near misses\n")[1].splitlines()
    promised = dict(zip(lines[::2], lines[1::2], strict=True))
    assert len(promised) == 4  # five darks in the cache, one of them is selected
    for file, settings in promised.items():
        again = CliRunner().invoke(cli, [*words, "--json", *shlex.split(settings)])
        assert json.loads(again.stdout)["selected"] == file.strip()


def test_bestrefs_works_on_settings_alone_and_puts_trust_before_what_is_long(demo_night: DemoNight) -> None:
    words = ["bestrefs", "--cache", str(demo_night.cache), *DARK, "--set", "DATE-OBS=2020-01-01"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0
    (dark,) = (line for line in result.stdout.splitlines() if line.startswith("dark "))
    assert dark.split()[1] == "not-found"
    assert "2020-01-01 08:00:00 (DATE-OBS, TIME-OBS)" in dark
    (dark,) = (
        line.split()
        for line in CliRunner().invoke(cli, [*words, "--set", "DATE-OBS=2026-03-11"]).stdout.splitlines()
        if line.startswith("dark ")
    )
    assert dark[1:] == ["selected", "ok", "tmt_iris_dark_0004.fits"]


def test_an_unknown_instrument_is_told_once(demo_night: DemoNight) -> None:
    words = ["bestrefs", "--cache", str(demo_night.cache), "--set", "INSTRUME=WFOS"]
    text = CliRunner().invoke(cli, words).stdout
    assert text.count("WFOS") == 1
    assert "knows IRIS" in text
    (one,) = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)["observations"]
    assert {ref["status"] for ref in one["references"]} == {"error"}


def test_a_date_that_cannot_be_read_is_told_in_a_sentence(demo_night: DemoNight) -> None:
    words = ["explain", "--cache", str(demo_night.cache), "--type", "dark", "--json", *DARK]
    for date in ("2026-02-31", "yesterday"):
        answer = json.loads(CliRunner().invoke(cli, [*words, "--set", f"DATE-OBS={date}"]).stdout)
        assert answer["status"] == "not-found"
        assert answer["message"].startswith(f"The date of the observation, '{date.upper()} 08:00:00'")
        assert answer["near_misses"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--context", "nosuch.pmap", "--set", "INSTRUME=IRIS"], 2, "tmt_0003.pmap"),
        (["--set", "=K"], 2, "KEY=VALUE"),
        (["nosuch.fits"], 3, "nosuch.fits"),
    ],
)
def test_what_is_wrong_is_named_with_its_code(demo_night: DemoNight, words: list[str], code: int, said: str) -> None:
    for command in (["bestrefs"], ["explain", "--type", "dark"]):
        result = CliRunner().invoke(cli, [*command, "--cache", str(demo_night.cache), *words])
        assert result.exit_code == code
        assert said in result.stderr
        assert result.stdout == ""
