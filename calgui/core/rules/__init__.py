"""What CRDS knows, and why it chose. The one place that knows CRDS."""
