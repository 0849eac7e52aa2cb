"""llama.cpp's token vectors against ours: tokenizer_vectors.py TOKENIZER_IDS TOKENIZER.JSON VECTORS

VECTORS.inp holds texts with a line `__ggml_vocab_test__` between, VECTORS.out the ids, one line a text. llama.cpp
does not normalize; none of these texts changes under NFC in its ids.
"""
import os
import subprocess
import sys


def main():
    program, tokenizer, vectors = sys.argv[1:]
    for path in (tokenizer, vectors + ".inp"):
        if not os.path.exists(path):
            print(f"skipped: {path} is not here")
            return 77
    texts = open(vectors + ".inp", "rb").read().split(b"\n__ggml_vocab_test__\n")
    wanted = [line.split() for line in open(vectors + ".out").read().split("\n")]
    lines = "".join(f"plain {text.hex()}\n" for text in texts)
    out = subprocess.run([program, "json", tokenizer, "-"], input=lines, text=True, check=True, capture_output=True)
    got = [line.split() for line in out.stdout.split("\n")]
    wrong = 0
    for text, want, ours in zip(texts, wanted, got):
        if want != ours:
            wrong += 1
            print(f"{text!r}\n  want {want}\n  got  {ours}")
    print(f"{len(texts)} texts, {wrong} differ")
    return 1 if wrong or len(texts) < 40 or len(wanted) < len(texts) else 0


sys.exit(main())
