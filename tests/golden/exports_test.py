#!/usr/bin/env python3
"""What Retort ships, read by others: exports_test.py BUILD_DIR ORACLES_DIR WORK_DIR [--fresh] [--strict] [--json OUT] [MODEL...]

For each model folder: `retort convert` writes a GGUF file of it; llama.cpp's logits on that file and Retort's on the
folder, over held-out problems with their gold thoughts and answers as the model's chat template writes them, have a
mean KL divergence below 1e-4 (beside it, how far Retort with BF16 products is from itself with FP32 products); llama.cpp
and Retort continue one of them by the same 32 greedy tokens; and the ids of its tokenizer are those of
@huggingface/tokenizers. A mixture sends a token whose two best experts are nearly even to one or the other, whoever
rounds differently, and is far off there: of mixtures the median over tokens must be below 1e-4, and the mean and the
greedy tokens count with --strict only. With --fresh, students of both dense architectures are made first and tested too, so that
this holds where no models are.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

from kl import floats, kl_of_rows, mean_kl

KL_GOAL = 1e-4
PROBLEMS = 2  # of each family and level, levels 1 and 2
FRESH = ("llama", "qwen2")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("build", "oracles", "work"):
        parser.add_argument(name, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("models", nargs="*", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    return parser.parse_intermixed_args()


args = parse()
results = []


def run(*command, stdin=None, isa=None):
    environment = os.environ | ({"RETORT_ISA": isa} if isa else {})
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, input=stdin, cwd=args.oracles,
                          env=environment)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def report(model, what, figure, goal, met, detail, counts=True):
    results.append({"model": model, "what": what, "figure": figure, "goal": goal, "met": met, "detail": detail,
                    "counts": counts})
    print(f"{'ok    ' if met else 'MISSED' if counts else 'far   '} {model:<16} {what:<34} {detail}", flush=True)


def fresh_student(architecture):
    folder = args.work / f"fresh-{architecture}"
    recipe = args.work / f"{architecture}.json"
    subprocess.run(["rm", "-rf", folder, f"{folder}.run"], check=True)
    recipe.write_text(json.dumps({
        "output": str(folder), "tokenizer": {"vocabulary_size": 512},
        "student": {"architecture": architecture, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
                    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16},
        "data": {"families": {"arithmetic": 1, "logic": 1}, "levels": [1]}, "stages": [{"kind": "gold_traces"}],
        "schedule": {"batch_tokens": 1024, "max_length": 128}, "budget": {"tokens": 100000},
        "optimizer": {"learning_rate": 4e-3}, "evaluation": {"points": 0}}))
    run(args.build / "retort", "distill", recipe, "--json")
    return folder


def problem_ids(model):
    """The tokens of some problems: first turn, gold thought and answer."""
    config = json.loads((model / "tokenizer_config.json").read_text())
    bos, eos = (t["content"] if isinstance(t, dict) else t for t in (config["bos_token"], config["eos_token"]))
    texts = []
    for level in (1, 2):
        command = [args.build / "retort", "problems", "-l", level, "-n", PROBLEMS, "--split", "test", "--json"]
        for problem in json.loads(run(*command))["problems"]:
            turn = problem["turns"][0]
            texts.append(f"{bos}<|user|>{turn['user']}<|assistant|><think>\n{turn['short_thought']}\n</think>\n\n"
                         f"{turn['answer']}{eos}")
    out = run(args.build / "tokenizer_ids", "json", model / "tokenizer.json", "qwen2",
              stdin="".join(f"parsed {text.encode().hex()}\n" for text in texts))
    return [[int(x) for x in line.split()] for line in out.splitlines()]


def logits(model, ids, name, isa=None):
    out = args.work / f"{model.name}.{name}"
    run(args.build / "model_logits", model, ids, out, isa=isa)
    return floats(out)


def check(model):
    name = model.name
    gguf, ids = args.work / f"{name}.gguf", args.work / f"{name}.ids.json"
    run(args.build / "retort", "convert", model, gguf, "--force")
    ids.write_text(json.dumps(problem_ids(model)))
    shape = json.loads(run("node", "llama_peer.mjs", "logits", gguf, ids, args.work / f"{name}.llama").splitlines()[-1])
    theirs, mine, scalar = floats(args.work / f"{name}.llama"), logits(model, ids, "f32"), logits(model, ids, "scalar", "scalar")
    each = kl_of_rows(theirs, mine, shape["vocabulary"]) if len(theirs) == len(mine) else [float("inf")]
    kl, median = statistics.mean(each), statistics.median(each)
    mixture = "num_local_experts" in json.loads((model / "config.json").read_text())
    counts = args.strict or not mixture
    spread = max(theirs) - min(theirs)
    report(name, "mean KL from llama.cpp", kl, KL_GOAL, kl < KL_GOAL and spread > 2,
           f"{kl:.2e}, goal {KL_GOAL:.0e} ({shape['rows']} tokens, logits spread over {spread:.1f}; Retort in FP32 "
           f"from itself {mean_kl(scalar, mine, shape['vocabulary']):.2e})", counts)
    if mixture:
        report(name, "median KL from llama.cpp", median, KL_GOAL, median < KL_GOAL,
               f"{median:.2e}, goal {KL_GOAL:.0e}; {sum(x > 1e-2 for x in each)} of {len(each)} tokens above 1e-2")
    start = args.work / f"{name}.start.json"
    start.write_text(json.dumps(json.loads(ids.read_text())[0][:24]))
    theirs = json.loads(run("node", "llama_peer.mjs", "greedy", gguf, start, 32).splitlines()[-1])
    mine = json.loads(run(args.build / "model_logits", model, start, "--greedy", 32).splitlines()[-1])
    same = next((i for i, (a, b) in enumerate(zip(theirs, mine)) if a != b), 32)
    report(name, "greedy tokens as llama.cpp's", same, 32, same == 32, f"{same} of 32 equal", counts)
    done = subprocess.run(["node", "tokenizer.mjs", str(args.build / "tokenizer_ids"), str(model), "json"], text=True,
                          capture_output=True, cwd=args.oracles)
    report(name, "ids as @huggingface/tokenizers'", done.returncode, 0, done.returncode == 0,
           (done.stdout.splitlines() or [done.stderr[-200:]])[-1])


def main():
    args.work.mkdir(parents=True, exist_ok=True)
    models = list(args.models)
    if args.fresh:
        models += [fresh_student(architecture) for architecture in FRESH]
    for model in models:
        check(model)
    missed = [r for r in results if not r["met"] and r["counts"]]
    print(f"{len(models)} models, {len(results)} figures, {len(missed)} missed")
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps({"results": results}, indent=1))
        print(f"written: {args.json}")
    sys.exit(bool(missed))


main()
