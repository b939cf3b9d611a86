"""A cabinet's self-test: each part is moved and read, one after the other. It books nothing and decides no vend.

It knows no kiosk: ``python -m hardware.selftest`` tries a bare bench, ``kiosk selftest`` the cabinet of a kiosk.
"""
