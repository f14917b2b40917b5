#!/bin/sh
# Draws the pictures of the documentation from a demo night of its own.
set -eu
bin=$1
out=docs/pictures
work=${TMPDIR:-/tmp}/calgui-pictures
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
QT_QPA_PLATFORM=offscreen
XDG_CONFIG_HOME=$work
export QT_QPA_PLATFORM XDG_CONFIG_HOME
night=$work/demo-night
"$bin/calgui" demo "$night" --no-window >/dev/null
mkdir -p "$out"
picture() {
    view=$1
    theme=$2
    shift 2
    "$bin/calgui" shot "$out/$view-$theme.png" --view "$view" --theme "$theme" --cache "$night/cache" "$@"
    echo "$out/$view-$theme.png"
}
picture observe light "$night"/raw/iris_20260311_image_0006.fits "$night"/raw
picture observe dark "$night"/raw/iris_20260311_image_0001.fits "$night"/raw
picture rules light
for page in whatif timeline matrix compare pipeline lint; do
    picture rules-$page light "$night"/raw/iris_20260311_image_0006.fits "$night"/raw
done
picture bench light "$night"/raw/iris_20260311_dark_000?.fits
