"""Sends a mail, here to nobody: {"mail": …, "to": …, "text": …} on standard input, what was done on standard output."""

import json
import sys

print(f"Sent {json.load(sys.stdin)['mail']}.")
