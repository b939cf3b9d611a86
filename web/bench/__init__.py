"""The pages to play with a simulated cabinet."""
