"""What libraries warn of is kept or shown thread by thread, and the filters of the process stay as they are."""

import re
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType

import pytest

import calgui
from calgui.core.frames.sky import celestial
from calgui.core.warned import listening

#: what a module must not change, as it is that of all threads
_OF_ALL_THREADS = re.compile(
    r"catch_warnings|simplefilter|filterwarnings|resetwarnings|os\.umask|os\.chdir|contextlib\.chdir|redirect_std|"
    r"np\.seterr\b|setlocale|np\.random\.(?:seed|rand)|\brandom\.seed|set_enabled_|add_enabled_"
)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("a_library_that_warns")
    exec("import warnings\ndef warn(text):\n    warnings.warn(text)", vars(made))
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def test_only_the_thread_that_listens_hears(library: ModuleType, recwarn: pytest.WarningsRecorder) -> None:
    before = list(warnings.filters)
    with listening(library.__name__) as told:
        library.warn("ours")
        other = threading.Thread(target=library.warn, args=("theirs",))
        other.start()
        other.join()
        with listening(library.__name__) as inner:
            library.warn("deeper")
        library.warn("ours")
        assert warnings.filters == before
    library.warn("afterwards")
    assert told == ["ours", "ours"]
    assert inner == ["deeper"]
    assert [str(one.message) for one in recwarn] == ["theirs", "afterwards"]


def test_a_warning_names_who_called_the_library(library: ModuleType) -> None:
    with listening(library.__name__):
        pass
    exec("def warn(text):\n    warnings.warn(text, UserWarning, 2)", vars(library))
    with pytest.warns(UserWarning, match="here") as shown:
        library.warn("here")
    assert shown[0].filename == __file__


def test_what_astropy_mends_in_a_header_is_not_worth_a_word() -> None:
    header = {
        "NAXIS": 2, "WCSAXES": 3, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE", "CRVAL1": 10.0,
        "CRVAL2": -29.0, "CRPIX1": 1.0, "CRPIX2": 1.0, "CDELT1": -1e-6, "CDELT2": 1e-6, "DATE-OBS": "05/03/26",
        "CUNIT3": "m",
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert celestial(header) is not None


def test_nothing_that_belongs_to_all_threads_is_changed() -> None:
    root = Path(calgui.__file__).parent
    found = [
        f"{path.relative_to(root)}: {text}"
        for path in sorted(root.rglob("*.py"))
        for text in _OF_ALL_THREADS.findall(re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8")))
    ]
    assert not found
