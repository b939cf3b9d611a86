"""The supply kiosk: core decides, ledger remembers, codes admit, the controller runs."""

__version__ = "0.1.0"
