"""What is in a file: frames with error and data quality, headers, keywords, and the index of files."""
