"""The check of the system names the missing Debian packages and the line that installs them."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "doctor.py"


@pytest.fixture
def doctor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("doctor", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform != "linux", reason="Debian's packages")
class TestDoctor:
    def test_names_packages_and_line(
        self, doctor: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(doctor, "missing_libraries", lambda names: ["libEGL.so.1", "libodd.so.7"])
        monkeypatch.setattr(sys, "argv", ["doctor.py", "qt"])
        with pytest.raises(SystemExit) as caught:
            doctor.main()
        assert caught.value.code == 1
        told = capsys.readouterr().out
        assert "sudo apt-get install --yes (package of libodd.so.7) libegl1" in told

    def test_reads_what_the_linker_says(
        self, doctor: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        fake = tmp_path / "ldd"
        fake.write_text("#!/bin/sh\necho '  libEGL.so.1 => not found'\necho '  libc.so.6 => /lib/libc.so.6 (0x0)'\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        assert doctor.missing_libraries(["lib/libQt6Widgets.so.6"]) == ["libEGL.so.1"]

    def test_a_font_is_asked_for(self, doctor: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(doctor, "missing_libraries", lambda names: [])
        monkeypatch.setattr(doctor, "FONT_FOLDERS", (tmp_path,))
        assert doctor.qt_lacks(window=False) == ["fonts-dejavu-core"]
        (tmp_path / "sans.ttf").touch()
        assert doctor.qt_lacks(window=False) == []

    def test_one_line_names_everything_before_the_installation(
        self, doctor: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(doctor, "loads", lambda name: name not in {"libEGL.so.1", "libxcb-cursor.so.0"})
        monkeypatch.setattr(doctor, "FONT_FOLDERS", (tmp_path,))
        monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
        assert doctor.before_lacks(window=False) == ["fonts-dejavu-core", "libegl1", "python3-venv"]
        assert "libxcb-cursor0" in doctor.before_lacks(window=True)

    def test_a_library_loads_or_not(self, doctor: ModuleType) -> None:
        assert doctor.loads("libc.so.6")
        assert not doctor.loads("libno-such-thing.so.0")

    def test_an_old_python_is_told_to_name_another(self, doctor: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        with pytest.raises(SystemExit, match=r"Python 3\.11 or later"):
            doctor.before_lacks(window=False)
