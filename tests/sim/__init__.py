"""The simulation: a whole kiosk and all that can happen to it, in one thread, in virtual time, out of one seed."""
