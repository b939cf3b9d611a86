"""A full matrix of 72 coils, served in random order for thousands of vends."""
