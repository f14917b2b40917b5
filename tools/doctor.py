"""What this machine lacks to run calgui, and the one line that cures it. Needs nothing but a Python.

``python tools/doctor.py before``   before ``.venv`` is made: the interpreter, venv, and the libraries that Qt is known
                                   to need (with those of a window where there is a screen), all in one line
``python tools/doctor.py qt``       after: what the installed Qt really links to, and a font
``python tools/doctor.py window``   the same, and what a window on an X11 screen needs
``--packages``                      print the names of the missing Debian packages alone
"""

import ctypes
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

#: library that Qt links to -> Debian package that holds it, where the name does not say so itself
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
#: what Qt without a screen links to; the rest of PACKAGES is for a window on an X11 screen
WITHOUT_SCREEN = (
    "libEGL.so.1",
    "libGL.so.1",
    "libdbus-1.so.3",
    "libfontconfig.so.1",
    "libfreetype.so.6",
    "libglib-2.0.so.0",
    "libX11.so.6",
    "libxkbcommon.so.0",
)
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")


def before_lacks(window: bool) -> list[str]:
    """Debian packages that are missing before anything is installed, as far as that can be told."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything is installed
        sys.exit(
            f"calgui needs Python 3.11 or later; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12"
        )
    have = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    wanted = [] if have else ["python3-venv"]
    wanted += [PACKAGES[name] for name in (PACKAGES if window else WITHOUT_SCREEN) if not loads(name)]
    return sorted({*wanted, *font_lacks()})


def loads(library: str) -> bool:
    """Whether the system has a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def font_lacks() -> list[str]:
    """A package with a font, where there is none."""
    have = any(any(folder.rglob("*.[to]tf")) for folder in FONT_FOLDERS if folder.is_dir())
    return [] if have else ["fonts-dejavu-core"]


def missing_libraries(names: list[str]) -> list[str]:
    """Libraries that the given files of PySide6's Qt folder link to, and the system does not have."""
    found = importlib.util.find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        sys.exit("PySide6 is not installed in this Python; run `make .venv` first.")
    qt = Path(next(iter(found.submodule_search_locations))) / "Qt"
    lost: set[str] = set()
    for name in names:
        told = subprocess.run(["ldd", str(qt / name)], capture_output=True, text=True, check=False)
        lost.update(re.findall(r"^\s*(\S+) => not found", told.stdout, re.MULTILINE))
    return sorted(lost)


def qt_lacks(window: bool) -> list[str]:
    """Debian packages that Qt lacks here."""
    names = ["lib/libQt6Widgets.so.6", "lib/libQt6Svg.so.6", "plugins/platforms/libqoffscreen.so"]
    if window:
        names.append("plugins/platforms/libqxcb.so")
    wanted = [PACKAGES.get(library, f"(package of {library})") for library in missing_libraries(names)]
    return sorted({*wanted, *font_lacks()})


def main() -> None:
    """Check, print the cure, and exit with 1 if something is missing."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    what = words[0] if words else "qt"
    if sys.platform != "linux":
        return
    screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    lacking = before_lacks(window=screen) if what == "before" else qt_lacks(window=what == "window")
    if "--packages" in sys.argv:
        print(" ".join(lacking))
    elif lacking:
        print("This machine lacks system packages that calgui needs. Install them with this line, then run it again:\n")
        print(f"    sudo apt-get install --yes {' '.join(lacking)}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
