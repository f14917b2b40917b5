#!/bin/sh
# Draws every picture of the documentation from a demo night of its own.
set -eu
bin=$1
out=docs/pictures
work=${TMPDIR:-/tmp}/calgui-docs
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
QT_QPA_PLATFORM=offscreen
XDG_CONFIG_HOME=$work
PYTHONPATH=$PWD
export QT_QPA_PLATFORM XDG_CONFIG_HOME PYTHONPATH
night=$work/demo-night
raw=$night/raw/iris_20260311
"$bin/python" -m calgui demo "$night" --no-window >/dev/null
mkdir -p "$out"
# picture FILE VIEW THEME SIZE PATH...
picture() {
    name=$1
    view=$2
    theme=$3
    size=$4
    shift 4
    "$bin/python" -m calgui shot "$out/$name-$theme.png" --view "$view" --theme "$theme" --size "$size" \
        --cache "$night/cache" "$@"
    echo "$out/$name-$theme.png"
}
picture observe observe light 1440x900 "$raw"_image_0006.fits "$night"/raw
picture observe observe dark 1440x900 "$raw"_image_0001.fits "$night"/raw
picture picture picture light 1800x1300 "$raw"_image_0001.fits
picture headers headers light 2600x1000 "$raw"_image_0006.fits
picture why why light 1600x1000 "$raw"_image_0006.fits
picture rules rules light 1440x900
for page in timeline matrix compare pipeline; do
    picture rules-$page rules-$page light 1440x900 "$raw"_image_0006.fits "$night"/raw
done
# a healthy cache has no finding: one with faults
cp -r "$night/cache" "$work/spoilt"
references=$work/spoilt/references/tmt/iris
rm "$references"/tmt_iris_flat_0003.fits
head -c 5000 "$references"/tmt_iris_sky_0001.fits >"$work/short" && mv "$work/short" "$references"/tmt_iris_sky_0001.fits
cp "$references"/tmt_iris_mask_0001.fits "$references"/tmt_iris_mask_0009.fits
"$bin/python" -m calgui shot "$out/rules-lint-light.png" --view rules-lint --size 1440x900 --cache "$work/spoilt"
echo "$out/rules-lint-light.png"
# the flat that the night's odd observation waits for, and one that lacks keywords
mkdir -p "$work/new"
flat=$work/new/tmt_iris_flat_0006.fits
"$bin/python" -m calgui run normalize-flat --cache "$night/cache" -o "$flat" "$raw"_hflat_000?.fits >/dev/null
"$bin/python" - "$flat" "$work/new/flat.fits" <<'END'
import sys

from astropy.io import fits

with fits.open(sys.argv[1]) as file:
    del file[0].header["FILTER"], file[0].header["USEAFTER"]
    file.writeto(sys.argv[2])
END
picture ingest ingest light 1440x900 --tab Mappings "$flat" "$night"/raw
picture ingest-findings ingest light 1100x700 "$work"/new/flat.fits "$night"/raw
# darks of which one had a light leak; exposures on the sky for their metadata
picture validate validate light 1440x900 "$night"/raw/iris_20260305_dark_000?.fits
picture validate-checks validate light 1100x700 --tab Checks "$night"/raw/iris_20260305_dark_0003.fits
picture validate-metadata validate light 1280x800 --tab Metadata "$raw"_sky_000?.fits "$raw"_psfstar_000?.fits \
    "$raw"_fluxstar_000?.fits
# the chapter of a new reference, from the flat of lamp frames to the new cache and back
picture new-flat bench light 1440x900 --algorithm normalize-flat "$raw"_hflat_000?.fits
picture new-changes ingest light 1280x720 "$flat" "$night"/raw
"$bin/python" -m calgui ingest --cache "$night/cache" --into "$work/cache-tmt_0004" "$flat" >/dev/null
"$bin/python" -m calgui shot "$out/new-selected-light.png" --view observe --type flat --size 1280x720 \
    --cache "$work/cache-tmt_0004" "$raw"_image_0006.fits "$night"/raw
"$bin/python" -m calgui shot "$out/new-contexts-light.png" --view ingest --tab Contexts --size 1100x600 \
    --cache "$work/cache-tmt_0004" "$night"/raw
echo "$out/new-selected-light.png" "$out/new-contexts-light.png"
# mappings that were edited by hand, whose checksums are wrong since, and a reference that is a pointer
cp -r "$night/cache" "$work/edited"
for kind in dark sky; do
    for mapping in "$work"/edited/mappings/tmt/tmt_iris_${kind}_*.rmap; do
        echo "# seen" >>"$mapping"
    done
done
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 3165120\n' 7 \
    >"$work/edited/references/tmt/iris/tmt_iris_mask_0001.fits"
"$bin/python" -m calgui shot "$out/new-in-the-way-light.png" --view ingest --tab Findings --size 1280x720 \
    --cache "$work/edited" "$flat" "$night"/raw
echo "$out/new-in-the-way-light.png"
picture bench bench light 1440x900 "$raw"_dark_000?.fits
picture bench-outlier bench light 1440x900 "$night"/raw/iris_20260305_dark_000?.fits
picture compare compare light 1440x900 "$raw"_image_0001.fits "$raw"_image_0002.fits
picture compare-headers compare-headers light 1440x900 "$raw"_image_0001.fits "$raw"_image_0003.fits "$raw"_image_0006.fits
"$bin/python" tools/figures.py "$night" "$out/calibrations"
"$bin/python" tools/png.py "$out"
