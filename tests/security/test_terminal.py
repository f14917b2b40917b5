"""Nothing of what others wrote plays control characters to the terminal, whatever command shows it."""

import io
import json
import re
import sys
import warnings
from collections.abc import Callable

import pytest

from calgui.cli import terminal
from calgui.cli.main import cli
from calgui.core.printable import printable
from tests.security.corpus import STEERS, cache, observation

#: C0 but for ends of lines and tabulators, DEL, C1, marks of direction, separators of lines
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
Run = Callable[..., tuple[object, str, str]]


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folders and files by the words that the commands below use."""
    root = tmp_path_factory.mktemp("evil")
    raw = root / "raw"
    raw.mkdir()
    obs = observation(raw, STEERS)
    steers = STEERS.replace("/", "_")
    named = observation(raw, STEERS, f"named{steers}\ncalgui: all is well.fits")
    unread = raw / f"bad{steers}.fits"
    unread.write_bytes(b"SIMPLE  = junk" + STEERS.encode())
    folder = cache(root / "cache", STEERS).root
    words = {"CACHE": folder, "RAW": raw, "OBS": obs, "NAMED": named, "BAD": unread, "EVIL": STEERS}
    return {word: str(what) for word, what in words.items()} | {"OVERLAY": str(root / "overlay")}


class _Kept(io.BytesIO):
    def close(self) -> None:
        """Kept: click lets its streams go."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the program does; its exit code, and all that came to both streams."""

    def go(*words: str) -> tuple[object, str, str]:
        out, err = _Kept(), _Kept()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "utf-8", write_through=True))
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, "utf-8", write_through=True))
        code: object = None
        try:
            cli.main(list(words), prog_name="calgui")
        except SystemExit as ended:
            code = ended.code
        finally:
            monkeypatch.undo()
        return code, out.getvalue().decode(), err.getvalue().decode()

    return go


COMMANDS = [
    "bestrefs --cache CACHE OBS NAMED BAD",
    "bestrefs --cache CACHE OBS NAMED BAD --json",
    "explain --cache CACHE --type dark NAMED",
    "explain --cache CACHE --type dark OBS --json",
    "explain --cache CACHE --type flat OBS",
    "explain --cache CACHE --type EVIL OBS",
    "whatif --cache CACHE NAMED --set FILTER=EVIL",
    "timeline --cache CACHE --type dark OBS",
    "matrix --cache CACHE RAW",
    "matrix --cache CACHE RAW --json",
    "matches --cache CACHE tmt_iris_dark_0001.fits",
    "uses --cache CACHE EVIL",
    "prefetch --cache CACHE OBS",
    "cache tree CACHE",
    "cache tree CACHE --json",
    "cache check CACHE --all",
    "cache lint CACHE",
    "cache lint CACHE --json",
    "headers OBS NAMED BAD",
    "headers OBS NAMED BAD --json",
    "search-headers owned RAW",
    "pixel NAMED 1 1",
    "validate NAMED BAD --all",
    "validate OBS --json",
    "run check-metadata NAMED",
    "ingest --cache CACHE --into OVERLAY --dry-run NAMED",
    "context --cache CACHE",
    "algorithms EVIL",
    "--session BAD",
    "shot EVIL.png BAD --view EVIL",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_steers_the_terminal(command: str, evil: dict[str, str], run: Run) -> None:
    words = []
    for word in command.split():
        stem, equals, value = word.partition("=")
        words.append(f"{stem}={evil[value]}" if equals else evil.get(word, word))
    code, out, err = run(*words)
    assert code in (None, 0, 1, 2, 3)
    assert (out + err).strip()
    for told in (out, err):
        assert not STEERING.findall(told)
        assert "calgui: all is well.fits" not in told.splitlines()
    if "--json" in command:
        json.loads(out)


def test_what_json_says_is_still_what_the_file_says(evil: dict[str, str], run: Run) -> None:
    code, out, _err = run("bestrefs", "--cache", evil["CACHE"], evil["NAMED"], "--json")
    assert code in (None, 0)
    assert [one["file"] for one in json.loads(out)["observations"]] == [evil["NAMED"]]


@pytest.mark.parametrize("shown", [True, False], ids=["terminal", "pipe"])
def test_tables_take_brackets_for_brackets_and_keep_their_own_colors(
    shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    out.isatty = lambda: shown  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with terminal.guarded():
        table = Table("name")
        table.add_row(STEERS)
        table.add_row(Text(STEERS, style="red"))
        terminal.screen().print(table)
        terminal.say("it is ", ("bad" + STEERS, "red"))
    told = out.getvalue()
    assert ("\x1b[31m" in told) is shown
    assert not STEERING.findall(re.sub("\x1b\\[[0-9;]*m", "", told))
    assert "[/x][link=x]" in told
    assert "\x1b]" not in told


def test_warnings_and_what_the_program_dies_of(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with terminal.guarded():
        sys.stderr.write(warnings.formatwarning(STEERS, UserWarning, "x.py", 1))
        try:
            raise ValueError(STEERS)
        except ValueError as error:
            sys.__excepthook__(type(error), error, error.__traceback__)
    assert err.getvalue().count("owned") == 2
    assert not STEERING.findall(err.getvalue())


def test_the_bar_takes_the_name_of_a_file_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from calgui.cli.progress import running

    err = io.StringIO()
    err.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.guarded(), running("Reading") as job:
        job.report(0.5, STEERS)
        sys.stderr.write(STEERS)
    assert "\x1b]" not in err.getvalue()
    assert "\x1b[2J" not in err.getvalue()
    assert "\x9b" not in err.getvalue()
    assert "owned" in err.getvalue()


def test_letters_stay_as_many_as_they_were() -> None:
    assert printable("Å µ → 測 é") == "Å µ → 測 é"
    assert len(printable(STEERS)) == len(STEERS)
    assert printable("a\nb", "\n") == "a\nb"
    assert printable("\udcff") == "\N{REPLACEMENT CHARACTER}"
