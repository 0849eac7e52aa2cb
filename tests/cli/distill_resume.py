#!/usr/bin/env python3
"""A run that is stopped by Ctrl-C, killed, and resumed with another number of threads ends with the very weights
of one that was left alone: distill_resume.py RETORT. The same holds for students that start from another model."""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

retort = sys.argv[1]
RECIPE = {
    "output": "whole",
    "student": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
                "num_key_value_heads": 1},
    "tokenizer": {"vocabulary_size": 400},
    "data": {"families": {"arithmetic": 1}, "levels": [1, 2], "problems": 2000},
    "stages": [{"kind": "answers_only", "share": 0.5}, {"kind": "gold_traces"},
               {"kind": "gold_traces", "share": 0.5, "quantise": "int4-g32"}],
    "schedule": {"batch_tokens": 1024, "max_length": 160},
    "budget": {"tokens": 150000},
    "evaluation": {"problems": 20, "points": 2, "max_new_tokens": 32},
}


def start(recipe, *options):
    return subprocess.Popen([retort, "distill", str(recipe), "--json", *options], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def steps_until(run, last):
    """Reads events up to the end of step `last`."""
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] >= last:
            return event
    raise SystemExit(f"the run ended before step {last}")


def finish(run):
    run.stdout.read()
    status = run.wait()
    if status != 0:
        raise SystemExit(f"a run ended with {status}")


def stop(run, sign, wanted):
    run.send_signal(sign)
    run.stdout.read()
    status = run.wait()
    if status not in wanted:
        raise SystemExit(f"after signal {sign} a run ended with {status}, wanted one of {wanted}")
    return run.stderr.read()


# Students that start from the model of the first run: upcycled to a mixture, pruned, grown.
STARTS = {
    "upcycled": {"upcycle_from": "whole", "num_local_experts": 4},
    "pruned": {"prune_from": "whole", "intermediate_size": 64, "num_hidden_layers": 1},
    "grown": {"grow_from": "whole", "intermediate_size": 192, "num_hidden_layers": 3},
}


def require_equal(a, b, what):
    a, b = ((folder / "model.safetensors").read_bytes() for folder in (a, b))
    if a != b:
        raise SystemExit(f"{what}: the weights differ")
    print(f"{what}: {len(a)} bytes of weights are equal")


def stopped_and_killed(folder):
    whole, broken = folder / "whole.json", folder / "broken.json"
    whole.write_text(json.dumps(RECIPE))
    broken.write_text(json.dumps({**RECIPE, "output": "elsewhere"}))
    where = ["--output", str(folder / "broken")]

    finish(start(whole))
    run = start(broken, *where)
    total = steps_until(run, 20)["steps"]
    said = stop(run, signal.SIGINT, [130])
    if f"go on with: retort distill {broken} --output {folder / 'broken'} --resume" not in said:
        raise SystemExit(f"Ctrl-C did not say how to go on: {said}")
    states = list((folder / "broken.run/states").iterdir())
    if not states:
        raise SystemExit("Ctrl-C left no state")
    # Killed in the last stage, in which weights are rounded; goes on from the state of the first.
    run = start(broken, *where, "--resume")
    steps_until(run, total - 10)
    stop(run, signal.SIGKILL, [-9])
    finish(start(broken, *where, "--resume", "--threads", "1"))
    require_equal(folder / "whole", folder / "broken", f"a stop and a kill among {total} steps")


def started_from_another(folder, name, student):
    recipe = {k: v for k, v in RECIPE.items() if k != "tokenizer"}
    recipe |= {"student": student, "budget": {"tokens": 40000}}
    for output in (f"{name}-whole", f"{name}-broken"):
        (folder / f"{output}.json").write_text(json.dumps({**recipe, "output": output}))
    finish(start(folder / f"{name}-whole.json"))
    run = start(folder / f"{name}-broken.json")
    steps_until(run, 10)
    stop(run, signal.SIGINT, [130])
    finish(start(folder / f"{name}-broken.json", "--resume"))
    require_equal(folder / f"{name}-whole", folder / f"{name}-broken", f"{name}, after a stop")


with tempfile.TemporaryDirectory() as temporary:
    stopped_and_killed(pathlib.Path(temporary))
    for start_name, start_student in STARTS.items():
        started_from_another(pathlib.Path(temporary), start_name, start_student)
