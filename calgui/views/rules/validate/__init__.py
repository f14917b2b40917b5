"""Is a new frame good? Its checks with their numbers, limits and pictures, and the verdict of all of them."""
