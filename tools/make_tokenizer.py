#!/usr/bin/env python3
"""Writes a small tokenizer.json in the form of DeepSeek-R1-Distill-Qwen's (byte-level BPE, the same split and the same
special tokens), trained on this repository's own English: make_tokenizer.py SIZE TEXT... > tokenizer.json

tools/small_tokenizer.json was made by `make_tokenizer.py 2043 README.md docs/*.md retort/base/*.h`, which fills a vocabulary of 2048 with
the special tokens that retort-make-checkpoint adds. The demo's checkpoint and the tests use it."""
import collections
import json
import re
import sys

# Qwen2's split (its tokenizer.json); for the training text, which is ASCII, Python's re can run the second form.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
ASCII_SPLIT = SPLIT.replace(r"\p{L}", "A-Za-z").replace(r"\p{N}", "0-9").replace("?A-Za-z+", "?[A-Za-z]+").replace(
    "|0-9|", "|[0-9]|")
SPECIAL = ["<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<|EOT|>", "<think>",
           "</think>"]
NOT_SPECIAL = {"<｜User｜>", "<｜Assistant｜>", "<|EOT|>", "<think>", "</think>"}  # as R1's own file marks them


def byte_letters():
    """GPT-2's table of a printable character for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {}, 0
    for byte in range(256):
        letters[byte] = chr(byte) if byte in printable else chr(256 + extra)
        extra += byte not in printable
    return letters


def train(text, size):
    letters = byte_letters()
    tokens = set(letters.values())
    words = collections.Counter(tuple(letters[b] for b in w.encode()) for w in re.findall(ASCII_SPLIT, text))
    learned = []
    while len(tokens) < size:
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        learned.append(best)
        tokens.add("".join(best))
        merged = collections.Counter()
        for word, n in words.items():
            out, i = [], 0
            while i < len(word):
                both = word[i:i + 2] == best
                out.append("".join(word[i:i + 2]) if both else word[i])
                i += 2 if both else 1
            merged[tuple(out)] += n
        words = merged
    return learned


def main():
    merges = train("\n".join(open(p).read() for p in sys.argv[2:]), int(sys.argv[1]))
    tokens = list(byte_letters().values()) + ["".join(m) for m in merges]
    vocab = {}
    for token in tokens:
        vocab.setdefault(token, len(vocab))
    added = [{"id": len(vocab) + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": content not in NOT_SPECIAL} for i, content in enumerate(SPECIAL)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    json.dump({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}, byte_level]},
        "post_processor": byte_level, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                  "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False, "vocab": vocab,
                  "merges": [" ".join(m) for m in merges]},
    }, sys.stdout, ensure_ascii=False, indent=0)
    print()


main()
