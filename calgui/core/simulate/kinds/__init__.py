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
        arcspectra,
        crowded,
        cube,
        dark,
        dispcube,
        fibercube,
        flat,
        fluxstars,
        glow,
        hflat,
        lampramp,
        lenslet,
        lensletarc,
        mask,
        morestars,
        mosaic,
        multi,
        noisydark,
        ohsky,
        persistence,
        pinhole,
        pipeline,
        science,
        sciramp,
        sky,
        skycube,
        starcube,
        stars,
    )

    modules = (dark, glow, flat, lampramp, mask, pipeline, pinhole, arc, lenslet)
    return (
        *(module.KIND for module in modules),
        *stars.KIND_LIST,
        sky.KIND,
        adc.KIND,
        science.KIND,
        cube.KIND,
        noisydark.KIND,
        mosaic.KIND,
        sciramp.KIND,
        skycube.KIND,
        persistence.KIND,
        multi.KIND,
        crowded.KIND,
        fluxstars.KIND,
        morestars.KIND,
        starcube.KIND,
        arcspectra.KIND,
        lensletarc.KIND,
        ohsky.KIND,
        fibercube.KIND,
        dispcube.KIND,
        hflat.KIND,
    )
