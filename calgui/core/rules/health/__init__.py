"""What is wrong with a cache, each defect at the place that it concerns."""
