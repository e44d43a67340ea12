"""The address book as a program: {"address": "…"} on standard input, `true` or `false` on standard output."""

import json
import sys

BOOK = {"charles@example.org", "mary@example.org"}
json.dump(json.load(sys.stdin)["address"].strip().lower() in BOOK, sys.stdout)
