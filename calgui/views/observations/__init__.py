"""The Observe place: files, their headers, and the references that the rules select for them."""
