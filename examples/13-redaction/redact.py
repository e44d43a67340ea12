"""Takes private values out: {"text": "…"} on standard input, {"text": "…", "values": […]} on standard output."""

import json
import re
import sys

PRIVATE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\b[A-Z]{2}\d{2}[\dA-Z ]{8,30}\d|\b\d[\d -]{4,}\d|(?<=Mr )[A-Z]\w+|(?<=Mrs )[A-Z]\w+|(?<=Dr )[A-Z]\w+")
MOST = 12


def main():
    values = []

    def taken(match):
        if match.group() not in values:
            if len(values) == MOST:
                return "[…]"
            values.append(match.group())
        return f"[{values.index(match.group()) + 1}]"

    text = PRIVATE.sub(taken, json.load(sys.stdin)["text"])
    json.dump({"text": text, "values": values}, sys.stdout)


main()
