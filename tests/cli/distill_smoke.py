#!/usr/bin/env python3
"""The preset `smoke` whole: it learns, its student is read back and answers like the examined one:
distill_smoke.py RETORT RECIPE."""
import json
import pathlib
import subprocess
import sys
import tempfile

retort, recipe = sys.argv[1:]
LEAST_ACCURACY = 0.6  # of level 1 (0.93 of 300 where it was made); an untrained student has 0


def events(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}: {done.stderr[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


with tempfile.TemporaryDirectory() as temporary:
    student = pathlib.Path(temporary) / "student"
    lines = events(retort, "distill", recipe, "--output", str(student), "--json")
    steps = [e for e in lines if e["event"] == "step"]
    examinations = [e for e in lines if e["event"] == "examination"]
    if not steps[-1]["loss"] < steps[0]["loss"] / 4:
        raise SystemExit(f"the loss went from {steps[0]['loss']} to {steps[-1]['loss']}")
    first = examinations[-1]["scores"][0]
    if first["accuracy"] < LEAST_ACCURACY:
        raise SystemExit(f"level 1: {first['accuracy']:.2f} of {first['problems']}, wanted {LEAST_ACCURACY}")
    inspected = subprocess.run([retort, "inspect", str(student), "--json"], capture_output=True, text=True, check=True)
    if not json.loads(inspected.stdout)["runs_here"]:
        raise SystemExit("the student does not run here")
    print(f"level 1: {first['accuracy']:.2f} of {first['problems']} after {steps[-1]['tokens']} tokens")
