"""The calibration algorithms: arrays and a frozen configuration in, a frozen result out.

A module with a tuple ``ALGORITHMS`` adds its algorithms to the registry; the forms of the window, the options of
``calgui run`` and the documentation are made from that registration alone.
"""
