"""The ledger remembers: stock, the open vend, counters and spent tickets. It decides nothing."""
