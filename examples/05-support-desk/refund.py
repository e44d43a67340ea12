"""Gives money back, here to nobody: {"order": "…", "amount": 12.5} on standard input, what was done on standard output."""

import json
import sys

asked = json.load(sys.stdin)
print(f"Refunded ${asked['amount']:.2f} for {asked['order']}.")
