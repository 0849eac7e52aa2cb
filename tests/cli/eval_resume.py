#!/usr/bin/env python3
"""`retort eval` killed at 20 random moments and given again: eval_resume.py RETORT. The journal ends the same, but for
times, as that of a run that was not killed, and so do the figures, whatever the number of answers at once."""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

retort = pathlib.Path(sys.argv[1]).resolve()
KILLS = 20


def command(journal, *more):
    return [str(retort), "eval", "micro-lite", "-n", "40", "--levels", "1,3,6", "--samples", "2", "--max-new-tokens", "64",
            "--journal", str(journal), "--json", *more]


def result(journal, *more):
    done = json.loads(subprocess.run(command(journal, *more), capture_output=True, text=True, check=True).stdout)
    shown = subprocess.run([str(retort), "eval", "show", done["run"], "--journal", str(journal), "--json"],
                           capture_output=True, text=True, check=True).stdout
    samples = [{k: v for k, v in s.items() if not k.endswith("_seconds")} for s in json.loads(shown)["samples"]]
    return done["run"], samples, done["scores"]


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    start = time.monotonic()
    whole = result(folder / "whole")
    seconds = time.monotonic() - start
    kills = random.Random(7)
    landed = 0
    for _ in range(KILLS):
        child = subprocess.Popen(command(folder / "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(kills.uniform(0, seconds / 4))
        landed += child.poll() is None
        child.kill()
        child.wait()
    if landed < KILLS / 2:
        sys.exit(f"only {landed} of {KILLS} kills came before the end")
    if result(folder / "killed", "--running", "7") != whole:
        sys.exit("the killed run's journal or figures differ from the whole one's")
    if not any(sample["status"] != "ok" for sample in whole[1]):
        sys.exit("no answer was cut off: the run shows less than it should")
print(f"killed {landed} times, {len(whole[1])} answers: the same")
