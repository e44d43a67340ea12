"""Notes by shared words: {"question": "…"} on standard input, up to two notes as JSON on standard output."""

import json
import re
import sys

NOTES = [
    "Heat pumps move heat instead of making it, so one unit of power gives three units of heat.",
    "A heat pump for a house costs 10,000 to 18,000 dollars with its installation.",
    "Below minus 15 degrees a heat pump needs a backup or a larger outdoor unit.",
    "Grants pay up to 30 percent of the price of a heat pump.",
]


def words(text):
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


question = words(json.load(sys.stdin)["question"])
ranked = sorted(NOTES, key=lambda note: -len(question & words(note)))
json.dump([{"text": note} for note in ranked if question & words(note)][:2], sys.stdout)
