"""The simulated cabinet: mock pins in front, physics behind. The real drivers run on it unchanged."""
