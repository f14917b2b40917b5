"""New references for the cache: what they would change, before anything is written, and the writing."""
