"""The questions one can ask of a CRDS cache beside "which file, and why": each answer a plain value, true to crds."""
