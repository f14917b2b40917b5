"""The demo night: simulated IRIS exposures, a CRDS cache of references for them, and the truth behind both."""

from calgui.core.simulate.night import DEFAULT_SEED, DEFAULT_SIZE, DemoNight, make_demo

__all__ = ["DEFAULT_SEED", "DEFAULT_SIZE", "DemoNight", "make_demo"]
