"""What the demo brings along so that nothing must be set up: a broker, a cabinet's configuration, stock and tickets."""
