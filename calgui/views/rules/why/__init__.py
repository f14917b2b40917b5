"""Which reference each rule selects for an observation, and why not another."""
