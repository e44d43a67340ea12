"""Makes the vocabulary files of this folder from the files that README.md names. Only the standard library is needed.

    python3 make.py ranks    o200k_base.tiktoken          > o200k_base.ranks
    python3 make.py merges   SmolLM2-135M-Instruct.gguf   > smollm2.merges
"""
import base64
import struct
import sys


def ranks(path):
    """Token after token in the order of their ranks: one byte of length, then the bytes of the token."""
    tokens = {}
    for line in open(path, "rb"):
        token, rank = line.split()
        tokens[int(rank)] = base64.b64decode(token)
    assert sorted(tokens) == list(range(len(tokens)))
    return b"".join(bytes([len(tokens[rank])]) + tokens[rank] for rank in range(len(tokens)))


def merges(path):
    """How many ids precede the bytes and how many bytes there are, the bytes in the order of their ids, then the merges in
    the order of their ranks, two ids each. Every merge makes the next id. All numbers are little-endian u16."""
    table = gguf(path)
    tokens, pairs = table["tokenizer.ggml.tokens"], table["tokenizer.ggml.merges"]
    ids = {token: index for index, token in enumerate(tokens)}
    letters = byte_letters()
    first = next(index for index, kind in enumerate(table["tokenizer.ggml.token_type"]) if kind == 1)
    alphabet = [letters[token] for token in tokens[first : ids["".join(pairs[0].split(" "))]]]
    out = [first, len(alphabet), *alphabet]
    for rank, pair in enumerate(pairs):
        left, right = pair.split(" ")
        assert ids[left + right] == first + len(alphabet) + rank
        out += [ids[left], ids[right]]
    return struct.pack(f"<{len(out)}H", *out)


def byte_letters():
    """The printable letters that byte-level vocabularies write for bytes, as GPT-2 introduced them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(others)}


def gguf(path):
    """The metadata of a GGUF file."""
    file = open(path, "rb")
    kinds = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def number(kind):
        return struct.unpack("<" + kind, file.read(struct.calcsize(kind)))[0]

    def text():
        return file.read(number("Q")).decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            item, count = number("I"), number("Q")
            return [value(item) for _ in range(count)]
        return number(kinds[kind])

    assert file.read(4) == b"GGUF"
    number("I"), number("Q")
    return {text(): value(number("I")) for _ in range(number("Q"))}


if __name__ == "__main__":
    sys.stdout.buffer.write({"ranks": ranks, "merges": merges}[sys.argv[1]](sys.argv[2]))
