"""Posts a review, here to a file: {"review": {…}} on standard input, where it was posted on standard output."""

import json
import sys

review = json.load(sys.stdin)["review"]
print(f"Posted {len(review['remarks'])} remarks.")
