"""The rules in the window: the references of an observation, why each was chosen, and the cache itself."""
