"""crds by itself, in a process of its own that never sees calgui: what a pipeline would select.

crds knows HST, JWST and Roman. Of another observatory it needs two small modules, which are written here by hand and
not by what the program writes them with: which keyword a parameter is, and nothing else.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: parameter of the rules to keyword, where the name does not say it
KEYWORDS = {
    "META.INSTRUMENT.NAME": "INSTRUME",
    "META.INSTRUMENT.ERA": "INSTERA",
    "META.SUBARRAY.NAME": "SUBARRAY",
    "META.OBSERVATION.DATE": "DATE-OBS",
    "META.OBSERVATION.TIME": "TIME-OBS",
    "META.EXPOSURE.READMODE": "READMODE",
    "META.DATE": "DATE",
}
QUIET = {
    "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
    "CRDS_MODE": "local",
    "CRDS_READONLY_CACHE": "1",
}


def select(
    cache: Path, observatory: str, context: str, files: Iterable[Path], *, ignore_checksums: bool = False
) -> dict[str, dict[str, str]]:
    """What crds gives for exposures.

    Parameters
    ----------
    cache : pathlib.Path
        As CRDS_PATH names it.
    observatory, context : str
        The context may be ``tmt-operational``: what the cache's configuration says.
    files : iterable of pathlib.Path
        Exposures.
    ignore_checksums : bool
        As a user may ask for.

    Returns
    -------
    dict
        Path of a file to type to name, or to what crds says instead; ``!`` where it raised.
    """
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **QUIET, "CRDS_PATH": str(cache)}
    if ignore_checksums:
        environment["CRDS_IGNORE_MAPPING_CHECKSUM"] = "1"
    asked = json.dumps([observatory, context, [str(path) for path in files]])
    command = [sys.executable, "-I", str(Path(__file__).resolve())]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """The process."""
    import types

    from astropy.io import fits
    from crds.core import constants, utils
    from crds.core.exceptions import CrdsError

    observatory, context, files = json.load(sys.stdin)
    constants.ALL_OBSERVATORIES.append(observatory)
    package, locate = types.ModuleType(f"crds.{observatory}"), types.ModuleType(f"crds.{observatory}.locate")

    def fits_to_parkeys(header: dict[str, Any]) -> dict[str, Any]:
        made = dict(header)
        for parameter, keyword in KEYWORDS.items():
            if keyword in header:
                made[parameter] = header[keyword]
        for word in ("DETECTOR", "FILTER", "PUPIL", "GRATING"):
            if word in header:
                made[f"META.INSTRUMENT.{word}"] = header[word]
        return made

    locate.fits_to_parkeys = fits_to_parkeys  # type: ignore[attr-defined]
    locate.header_to_reftypes = lambda header, context: []  # type: ignore[attr-defined]  # all
    package.locate = locate  # type: ignore[attr-defined]
    sys.modules |= {package.__name__: package, locate.__name__: locate}
    for instrument in ("iris", "liger"):
        sys.modules[f"crds.{observatory}.{instrument}"] = types.ModuleType(f"crds.{observatory}.{instrument}")
    utils.clear_function_caches()
    import crds

    told = {}
    for path in files:
        with fits.open(path) as hdus:
            header = {key: str(value) for key, value in hdus[0].header.items() if key not in ("COMMENT", "HISTORY", "")}
        try:
            found = crds.getrecommendations(
                fits_to_parkeys(header), context=context, observatory=observatory, ignore_cache=False
            )
        except (CrdsError, OSError) as error:
            found = {"!": f"{type(error).__name__}: {error}"}
        told[path] = {str(key).lower(): str(value) for key, value in found.items()}
    assert not [name for name in sys.modules if name.split(".")[0] == "calgui"]
    sys.stdout.write(f"{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
