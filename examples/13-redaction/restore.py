"""Puts private values back in: {"text": "…", "values": […]} on standard input, the text on standard output."""

import json
import re
import sys


def main():
    given = json.load(sys.stdin)
    values = given["values"]
    back = lambda match: values[int(match[1]) - 1] if 0 < int(match[1]) <= len(values) else match[0]
    print(re.sub(r"\[(\d{1,3})\]", back, given["text"]))


main()
