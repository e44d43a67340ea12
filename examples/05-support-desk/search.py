"""The help centre as a program: {"query": "…"} on standard input, the best passages as JSON on standard output."""

import json
import pathlib
import re
import sys


def words(text):
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


def main():
    query = words(json.load(sys.stdin)["query"])
    scored = []
    for page in sorted(pathlib.Path(__file__).with_name("help").glob("*.md")):
        title, _, text = page.read_text(encoding="utf-8").partition("\n")
        passage = {"title": title.lstrip("# ").strip(), "text": " ".join(text.split())}
        score = len(query & words(page.read_text(encoding="utf-8")))
        if score:
            scored.append((-score, page.name, passage))
    json.dump([passage for _, _, passage in sorted(scored, key=lambda entry: entry[:2])[:3]], sys.stdout)


main()
