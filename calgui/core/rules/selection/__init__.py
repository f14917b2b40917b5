"""Which reference a header selects, and why not another: for one header, for thousands, and nearly."""
