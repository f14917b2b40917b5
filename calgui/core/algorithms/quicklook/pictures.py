"""Pictures of a ramp before it is fitted: the last read less the first, with what is corrected so far."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from calgui.core.algorithms.kernels import workers
from calgui.core.algorithms.ramps.averaging import average
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import place_of
from calgui.core.algorithms.ramps.lines import Band, LineFitter
from calgui.core.algorithms.ramps.reading import read_band
from calgui.core.algorithms.ramps.refpix import reference_drift
from calgui.core.algorithms.ramps.response import response_of
from calgui.core.algorithms.ramps.setup import four_axes, setup_of
from calgui.core.cubes.header import picture_header
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: pixels that are worked on at once
_AT_ONCE = 1 << 19


def pictures_of_reads(
    ramp: FrameLike, coefficients: FrameLike | None, how: FitRampConfig, job: Job
) -> dict[str, Frame]:  # fmt: skip
    """What the steps on reads do, one after the other.

    Parameters
    ----------
    ramp : FrameLike
        (nint, n, ny, nx) or (n, ny, nx).
    coefficients : FrameLike or None
        Of the non-linearity.
    how : FitRampConfig
        Which corrections are made.
    job : Job
        Progress and cancel.

    Returns
    -------
    dict of str to Frame
        ``raw``, ``reference_pixels``, ``linearity``: electron/s between the first read and the last, the mean of all
        integrations.
    """
    setup, region = setup_of([ramp], how), place_of(ramp)
    plain = replace(how, method="cds")
    response = response_of(ramp, coefficients, setup, plain)
    drift = reference_drift(ramp, region, plain, setup.reads, job)
    fitter = LineFitter(setup, plain, response, drift.noise)
    to_rate = np.float32(setup.gain / (setup.seconds[-1] - setup.seconds[0]))
    ny, nx = region.ny, region.nx
    made: dict[str, FloatArray] = {
        name: np.empty((ny, nx), np.float32) for name in ("raw", "reference_pixels", "linearity")
    }
    integrations = four_axes(ramp.shape)[0]
    height = max(1, _AT_ONCE // (nx * integrations))
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-pictures") as pool:
        for start in range(0, ny, height):
            job.report(start / ny, "Pictures of the steps")
            stop = min(start + height, ny)
            first, last = max(start - drift.halo, 0), min(stop + drift.halo, ny)
            reads = read_band(ramp, first, last)
            by_row = drift.rows(reads, (start - first, last - stop), start)
            inside = slice(start - first, stop - first)
            terms = response.terms(start, stop)
            lines = []
            raw, still = np.zeros((2, stop - start, nx), np.float32)
            for number in range(integrations):
                of_it = reads.data[number, :, inside]
                bits = None if reads.dq is None else reads.dq[number, :, inside]
                band = Band(of_it, bits, drift.columns[number], by_row[number], drift.zeros[number], terms)
                raw += of_it[-1] - of_it[0]
                still += drift.columns[number, -1] + by_row[number, -1][:, None]
                lines.append(fitter.fit(band, pool, parts=integrations > 1))
            rows = slice(start, stop)
            made["raw"][rows] = raw * (to_rate / integrations)
            made["reference_pixels"][rows] = (raw - still) * (to_rate / integrations)
            made["linearity"][rows] = average(lines).rate.reshape(stop - start, nx)
    header = picture_header(ramp.header)
    header["BUNIT"] = "electron/s"
    return {name: Frame(plane, header=header, path=ramp.path) for name, plane in made.items()}
