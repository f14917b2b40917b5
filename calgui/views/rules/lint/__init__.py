"""The look through a whole cache: what is wrong, why it matters, and how to cure it."""
