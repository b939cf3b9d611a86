"""Codes admit: the code's format, issuing, checking and printable cards; a code itself is never stored."""
