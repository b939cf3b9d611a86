"""Spare: the encrypted file that holds what a spare machine needs, and the way back from it."""
