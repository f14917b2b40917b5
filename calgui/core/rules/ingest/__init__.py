"""A new reference goes into a cache: what its rules become and what that changes, told before anything is written."""
