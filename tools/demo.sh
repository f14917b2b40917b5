#!/bin/sh
# Opens the window on the demo night; without a screen, says how to get one and draws the pictures instead.
set -eu
bin=$1
night=$2
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    "$bin/python" tools/doctor.py window
    exec "$bin/calgui" demo "$night"
fi
"$bin/python" tools/doctor.py qt
cat <<TEXT
There is no screen here (DISPLAY and WAYLAND_DISPLAY are not set). To see the window itself:
  - over ssh, log in again with   ssh -X   and run make demo;
  - or give it a virtual screen:  sudo apt-get install --yes xvfb && xvfb-run make demo
Drawing its pictures into $night/pictures instead.
TEXT
QT_QPA_PLATFORM=offscreen
export QT_QPA_PLATFORM
"$bin/calgui" demo "$night" --no-window
mkdir -p "$night/pictures"
picture() {
    view=$1
    shift
    "$bin/calgui" shot "$night/pictures/$view.png" --view "$view" --cache "$night/cache" "$@"
    echo "$night/pictures/$view.png"
}
# the image for which no flat is found; the good darks of the night, for a master dark
picture observe "$night"/raw/iris_20260311_image_0006.fits "$night"/raw
picture rules
picture bench "$night"/raw/iris_20260311_dark_000?.fits
