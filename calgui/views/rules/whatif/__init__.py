"""What if: cases with values set, and what the rules select for each, side by side."""
