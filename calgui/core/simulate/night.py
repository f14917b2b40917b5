"""The demo night: from a seed, a folder of raw files, a CRDS cache for them, and the truth.

It is built beside its place and moved there when it is whole, so that a folder is a demo night or is not.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calgui import __version__
from calgui.core.errors import InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.simulate import detector as chip
from calgui.core.simulate import noise
from calgui.core.simulate.cachefiles import write_cache
from calgui.core.simulate.expected import expected_references
from calgui.core.simulate.files import write_fits
from calgui.core.simulate.kinds import kinds
from calgui.core.simulate.scene import CONTEXTS, IMAGER, SPECTROGRAPH, Exposure, Scene

DEFAULT_SIZE = 512
DEFAULT_SEED = 30
MINIMUM_SIZE, MAXIMUM_SIZE = 128, 4096
#: changes when the same seed and size give other files
FORMAT = 9


@dataclass(frozen=True)
class DemoNight:
    """Where a demo night is.

    Attributes
    ----------
    folder : pathlib.Path
        All of it.
    cache : pathlib.Path
        The CRDS cache.
    raw : pathlib.Path
        The exposures.
    truth : pathlib.Path
        ``truth.json``: what was put in.
    """

    folder: Path

    @property
    def cache(self) -> Path:
        """The CRDS cache."""
        return self.folder / "cache"

    @property
    def raw(self) -> Path:
        """The exposures."""
        return self.folder / "raw"

    @property
    def truth(self) -> Path:
        """What was put in."""
        return self.folder / "truth.json"


def make_demo(
    folder: Path | str, size: int = DEFAULT_SIZE, seed: int = DEFAULT_SEED, job: Job | None = None
) -> DemoNight:
    """Make the demo night, or find it made.

    Parameters
    ----------
    folder : path-like
        Where: a folder that does not exist, is empty, or holds the same demo night.
    size : int
        Pixels on a side of each detector, a multiple of 64 from 128 to 4096.
    seed : int
        Where all chance comes from; the same seed and size give the same bytes.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    DemoNight

    Raises
    ------
    UsageError
        When the size or the seed is none that a night can have.
    InputError
        When the folder holds anything else, or cannot be read or written.
    Cancelled
        When the user stops it; nothing is left behind.
    """
    folder = Path(folder).expanduser().absolute()
    job = job or Job("Demo night")
    if size % chip.CHANNEL or not MINIMUM_SIZE <= size <= MAXIMUM_SIZE or seed < 0:
        raise UsageError(
            f"A demo night cannot have size {size} and seed {seed}.",
            cure=f"Give a size from {MINIMUM_SIZE} to {MAXIMUM_SIZE} that is a multiple of {chip.CHANNEL}, "
            "and a seed that is not negative.",
        )
    try:
        if _is_there(folder, size, seed):
            job.report(1.0, "The demo night is there already")
            return DemoNight(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise InputError(
            f"The demo night cannot be written here: {error.strerror or error}.",
            path=folder,
            cure="Choose a folder that you may write to.",
        ) from error
    try:
        _build(building, Scene(size, seed, job.check), job)
        _move(building, folder)
    except OSError as error:
        raise InputError(
            f"The demo night could not be written: {error.strerror or error}.",
            path=folder,
            cure="Make room on the disk, or choose another folder.",
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return DemoNight(folder)


def _move(building: Path, folder: Path) -> None:
    """Put the finished night in its place."""
    if not folder.exists():
        building.chmod(0o755)
        building.rename(folder)
        return
    # an empty folder, perhaps somebody's current one: the truth goes last, for it tells that the night is whole
    for name in ("cache", "raw", "truth.json"):
        (building / name).rename(folder / name)


def _is_there(folder: Path, size: int, seed: int) -> bool:
    """Whether the folder holds this very night; an error where it holds anything else."""
    if not folder.exists() and not folder.is_symlink():
        return False
    if folder.is_dir() and not any(folder.iterdir()):
        return False
    truth = _read_truth(folder / "truth.json")
    if truth is None:
        raise InputError(
            "This is not a demo night, and is left as it is.",
            path=folder,
            cure="Choose a folder that does not exist yet, or an empty one.",
        )
    if (truth.get("size"), truth.get("seed")) == (size, seed) and truth.get("format") != FORMAT:
        raise InputError(
            "This is the demo night of another version of calgui, whose files are others.",
            path=folder,
            cure="Choose another folder, or delete this one first.",
        )
    if (truth.get("size"), truth.get("seed")) != (size, seed):
        raise InputError(
            f"This is a demo night of size {truth.get('size')} and seed {truth.get('seed')} (made by version "
            f"{truth.get('version')}), not of size {size} and seed {seed}.",
            path=folder,
            cure="Choose another folder, or delete this one first.",
        )
    lost = [name for name, size in truth.get("files", {}).items() if not _has_size(folder / name, size)]
    if lost:
        raise InputError(
            f"This demo night is not whole: {lost[0]} is missing or was changed ({len(lost)} such in all).",
            path=folder,
            cure="Delete the folder and make it again.",
        )
    return True


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _read_truth(path: Path) -> Mapping[str, Any] | None:
    """The truth file of a demo night; None where it is none."""
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return truth if isinstance(truth, dict) and truth.get("what") == _WHAT else None


_WHAT = "calgui demo night"


def _build(folder: Path, scene: Scene, job: Job) -> None:
    raw = folder / "raw"
    raw.mkdir()
    exposures = [exposure for kind in kinds() for exposure in kind.exposures(scene)]
    references = [reference for kind in kinds() for reference in kind.references(scene)]
    place = write_cache(folder / "cache", [rules for kind in kinds() for rules in kind.rules(scene)])
    total = len(exposures) + len(references)
    frames: dict[str, Any] = {}
    for count, reference in enumerate(references):
        job.report(count / total, f"Reference {reference.name}")
        write_fits(place / reference.name, reference.header, reference.make(scene), reference.history)
    for count, exposure in enumerate(exposures, start=len(references)):
        job.report(count / total, f"Exposure {exposure.name}")
        hdus, note = exposure.make(scene)
        write_fits(raw / exposure.name, exposure.header, hdus)
        frames[exposure.name] = note
    truth = _truth(scene, exposures, frames)
    truth["files"] = {
        str(path.relative_to(folder).as_posix()): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    with (folder / "truth.json").open("w", encoding="utf-8") as file:
        json.dump(truth, file, indent=None, separators=(",", ":"), allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    job.report(1.0, "Done")


def _truth(scene: Scene, exposures: list[Exposure], frames: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "what": _WHAT,
        "format": FORMAT,
        "version": __version__,
        "seed": scene.seed,
        "size": scene.size,
        "coordinates": "x, y from 0 at the centre of the first pixel of what was read",
        "contexts": list(CONTEXTS),
        "noise": {
            "read_noise_e": chip.READ_NOISE,
            "row_noise_e": noise.ROW_NOISE,
            "channel_noise_e": noise.CHANNEL_NOISE,
            "channel_columns": chip.CHANNEL,
            "gain_e_per_adu": chip.GAIN,
            "images": "difference of two reads: variances of the reads count twice",
            "cosmic_rays_per_cm2_s": noise.COSMIC_RATE,
            "full_well_e": chip.FULL_WELL,
        },
        "reference_pixels_border": chip.BORDER,
        "detectors": {name: _detector(scene.detector(name)) for name in (IMAGER, SPECTROGRAPH)},
        "kinds": {kind.key: dict(kind.truth(scene)) for kind in kinds()},
        "frames": dict(frames),
        "expected": {
            context: {exposure.name: expected_references(exposure.header, context) for exposure in exposures}
            for context in CONTEXTS
        },
    }


def _detector(detector: chip.Detector) -> dict[str, Any]:
    hot = zip(detector.hot_x.tolist(), detector.hot_y.tolist(), detector.hot_excess.tolist(), strict=True)
    return {
        "dark_rate_e_per_s": chip.DARK_RATE,
        "hot_columns": ["x", "y", "excess_e_per_s"],
        "hot": [list(pixel) for pixel in hot],
        "dead_columns": ["x", "y"],
        "dead": [list(pixel) for pixel in zip(detector.dead_x.tolist(), detector.dead_y.tolist(), strict=True)],
    }
