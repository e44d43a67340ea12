"""Opening hours by city: {"city": "…"} on standard input, one line of text on standard output."""

import json
import sys

HOURS = {"berlin": "9 to 18", "paris": "10 to 19", "lisbon": "10 to 20"}

city = json.load(sys.stdin)["city"].strip()
print(f"{city}: {HOURS.get(city.lower(), 'no shop there')}")
