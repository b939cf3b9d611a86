"""The screen for people."""
