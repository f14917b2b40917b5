"""The picked pixel: what is known of it in every file that has it."""
