"""The handbook as a program: {"query": "…"} on standard input, the best pieces as JSON on standard output."""

import json
import pathlib
import re
import sys


def words(text):
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 3}


def main():
    query = words(json.load(sys.stdin)["query"])
    scored = []
    for page in sorted(pathlib.Path(__file__).with_name("pages").glob("*.md")):
        for number, paragraph in enumerate(page.read_text(encoding="utf-8").split("\n\n"), start=1):
            score = len(query & words(paragraph))
            if score:
                scored.append((-score, f"{page.stem}-{number}", " ".join(paragraph.split())))
    json.dump([{"id": piece, "text": text} for _, piece, text in sorted(scored)[:5]], sys.stdout)


main()
