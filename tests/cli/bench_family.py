#!/usr/bin/env python3
"""The drivers of `make bench-learning` and `make bench-headline` on a tiny student: bench_family.py BUILD BENCH.

They measure, keep what is done, go on from there, and end with the status of their goals."""
import json
import pathlib
import subprocess
import sys
import tempfile

build, bench = (pathlib.Path(a).resolve() for a in sys.argv[1:])
RECIPE = {"output": "tiny", "tokenizer": {"vocabulary_size": 400},
          "student": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2},
          "data": {"families": {"arithmetic": 1}, "levels": [1], "problems": 500}, "stages": [{"kind": "gold_traces"}],
          "schedule": {"batch_tokens": 512, "max_length": 128}, "budget": {"tokens": 60000}, "evaluation": {"points": 0}}


def run(status, *command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != status:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.returncode}, not {status}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def require(holds, what):
    if not holds:
        raise SystemExit(f"not so: {what}")


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    (folder / "tiny.json").write_text(json.dumps(RECIPE))
    run(0, build / "retort", "distill", folder / "tiny.json", "--json")
    card = (folder / "tiny/README.md").read_text()
    require("# tiny" in card and "has not been measured" in card and temporary not in card, "the student has a card")

    learning = [bench / "bench-learning", "--build", build, "--model", folder / "tiny", "--problems", 12, "--families",
                "arithmetic,dialogue", "--max-new-tokens", 16, "--out", folder / "learning.json"]
    first = run(0, *learning, "--levels", "1")
    require("arithmetic  1" in first and "of 12" in first and "no goal is set" in first, "what was measured is shown")
    journal = (folder / "learning/tiny.jsonl").read_text().splitlines()
    require(len(journal) == 3, "the journal has its head and two cells")
    require(run(0, *learning, "--levels", "1") == first, "a second call takes everything from the journal")
    (folder / "learning/tiny.jsonl").write_text("\n".join(journal[:2]) + "\n" + journal[2][:30])  # killed while writing
    require(run(0, *learning, "--levels", "1") == first, "a cell that was cut off is asked again")
    result = json.loads((folder / "learning.json").read_text())
    require([c["problems"] for c in result["results"]["tiny"]] == [12, 12], "the JSON has both cells")
    (folder / "micro-13").symlink_to(folder / "tiny")
    learning[learning.index(folder / "tiny")] = folder / "micro-13"
    missed = run(1, *learning, "--levels", "1,2")
    require(missed.count("MISSED") >= 3, "goals that are missed are said, and the status is 1")

    headline = [bench / "bench-headline", "--build", build, "--teacher", folder / "tiny", "--students", "micro-lite",
                "--tokens", 30000, "--seeds", 1, "--problems", 6, "--traces", 200, "--out", folder / "headline", "--arms", "A,B"]
    table = run(1, *headline)  # no verdict without F or G
    require("| A | answers only |" in table and "| B | gold traces" in table and "no verdict" in table, "every arm is in the table")
    stamp = (folder / "headline/micro-lite/A-1.run/report.json").stat().st_mtime_ns
    run(1, *headline)
    require((folder / "headline/micro-lite/A-1.run/report.json").stat().st_mtime_ns == stamp, "an arm that is done is not done again")
    headline[headline.index(30000)] = 40000
    changed = subprocess.run([str(c) for c in headline], capture_output=True, text=True)
    require(changed.returncode == 1 and "made by another recipe" in changed.stderr, "results of other numbers are not mixed in")
