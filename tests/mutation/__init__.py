"""Small faults put into core and ledger one at a time, to see whether the tests notice."""
