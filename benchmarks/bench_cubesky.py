"""The sky of a cube as large as the spectrograph's: the whole of it, and the bench's answer to a changed option."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_preview import answer_of
from benchmarks.harness import Row, bound, compare

#: planes, y, x: a filter of 5 % with all lenslets, and one of 20 % with the slicer's spaxels
_NARROW, _BROAD = (400, 112, 128), (2000, 16, 128)


def measure() -> list[Row]:
    """Against a plain subtraction with errors, which reads and writes the same numbers."""
    from calgui.core.algorithms.cubesky import CubeSkyConfig, subtract_cube_sky
    from calgui.core.frames.writing import write_frame

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows = []
    for shape, first, step in ((_NARROW, 1600.0, 0.16), (_BROAD, 1474.0, 0.163)):
        science, sky = (_cube(shape, first, step, seed) for seed in (1, 2))

        def plain(science: Any = science, sky: Any = sky) -> Any:
            return science.data - sky.data, np.hypot(science.err, sky.err), science.dq | sky.dq

        rows.append(
            compare(
                f"sky of a cube of {' x '.join(map(str, shape))}",
                lambda science=science, sky=sky: subtract_cube_sky(science, sky, CubeSkyConfig()),
                "numpy: difference, hypot, or",
                plain,
                30,
            )
        )
        with tempfile.TemporaryDirectory() as home:
            frames = {"science": science, "sky": sky}
            paths = [write_frame(frame, Path(home) / f"{name}.fits") for name, frame in frames.items()]
            answer, _ = answer_of(Path(home), "subtract-sky", paths, lambda number: {"max_shift": 0.4 + 0.01 * number})
        rows.append(bound(f"preview's answer, {shape[0]} planes", answer, 0.15))
    return rows


def _cube(shape: tuple[int, int, int], first: float, step: float, seed: int) -> Any:
    """OH lines of the list through a Gaussian of two pixels; the second is a tenth brighter and 0.08 pixel away."""
    from calgui.core.frames.frame import Frame
    from calgui.core.spectra.airglow import sky_lines

    rng = np.random.default_rng(seed)
    lines = sky_lines().within(first, first + step * shape[0])
    place = (lines.wavelength - first) / step + 0.08 * seed
    apart = np.arange(shape[0])[:, None] - place[None]
    light = 100 + (1 + 0.1 * seed) * 30 * np.exp(-0.5 * (apart / 0.85) ** 2) @ lines.intensity
    cube = np.broadcast_to(light[:, None, None], shape)
    error = np.sqrt(cube + 225).astype(np.float32)
    data = (cube + error * rng.standard_normal(shape, dtype=np.float32)).astype(np.float32)
    header = {
        "INSTRUME": "IRIS", "DETECTOR": "IFS", "BUNIT": "electron", "EXPTIME": 900.0, "DATE-OBS": "2026-03-11",
        "TIME-OBS": "12:00:00", "EXP_TYPE": "IRIS_SKY" if seed == 2 else "IRIS_CUBE", "CTYPE3": "WAVE", "CUNIT3": "nm",
        "CRVAL3": first, "CRPIX3": 1.0, "CD3_3": step,
    }  # fmt: skip
    return Frame(data, error, np.zeros(shape, np.uint32), header)


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
