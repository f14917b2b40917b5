"""The Compare place: frames side by side, one over another, and one less another."""
