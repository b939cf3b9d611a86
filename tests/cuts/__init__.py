"""The proof that the ledger survives the plug being pulled at any instant, on a disk that loses what was not synced."""
