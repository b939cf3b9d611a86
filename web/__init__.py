"""The pages: the person's screen, the technician's and the operator's. None is built yet."""
