"""The kinds of the demo night: each module adds its exposures, its references with their rules, and its truth.

A new kind is one module that defines a `Kind`, and its place in `kinds`.
"""

from calgui.core.simulate.scene import Kind


def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order in which their files are made.

    Returns
    -------
    tuple of Kind
    """
    from calgui.core.simulate.kinds import (
        adc,
        arc,
        cube,
        dark,
        flat,
        glow,
        lampramp,
        lenslet,
        mask,
        multi,
        noisydark,
        persistence,
        pinhole,
        pipeline,
        science,
        sky,
        stars,
    )

    modules = (dark, glow, flat, lampramp, mask, pipeline, pinhole, arc, lenslet)
    later = (*stars.KIND_LIST, sky.KIND, adc.KIND, science.KIND, cube.KIND, noisydark.KIND)
    newer = (persistence.KIND, multi.KIND)
    return (*(module.KIND for module in modules), *later, *newer)
