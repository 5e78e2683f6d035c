"""What is learned from training rows and done to every column."""
