"""Whole lives of a kiosk without hardware: core, controller and ledger together, under any order of events."""
