"""The pages: the person's screen and, under simulation, the bench."""
