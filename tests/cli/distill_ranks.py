#!/usr/bin/env python3
"""A run over mpirun: 1, 2 and 4 processes make the same bits; a killed process ends the run with its last state
intact; Ctrl-C keeps what was done; another number of processes goes on: distill_ranks.py RETORT."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

retort = sys.argv[1]
SKIPPED = 77
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none"}
STUDENT = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
           "num_key_value_heads": 1}
RECIPE = {"student": STUDENT, "tokenizer": {"vocabulary_size": 400},
          "data": {"families": {"arithmetic": 1}, "levels": [1], "problems": 1000},
          "texts": {"files": ["lines.jsonl"], "held_out": 0.2},
          "stages": [{"kind": "texts", "share": 0.3}, {"kind": "gold_traces"}],
          "schedule": {"batch_tokens": 1024, "max_length": 128}, "budget": {"tokens": 60000},
          "evaluation": {"problems": 20, "points": 1, "max_new_tokens": 16}}


def command(n, recipe, *options):
    launcher = ["mpirun", "-n", str(n)] if n > 1 else []
    return [*launcher, retort, "distill", str(recipe), "--json", *options]


def start(n, recipe, *options):
    return subprocess.Popen(command(n, recipe, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=ENVIRONMENT)


def run(n, recipe, *options):
    done = subprocess.run(command(n, recipe, *options), capture_output=True, text=True, env=ENVIRONMENT)
    if done.returncode != 0:
        raise SystemExit(f"{n} processes: {done.returncode}: {done.stderr[-800:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def wait_for_step(process, step):
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] >= step:
            return
    raise SystemExit(f"the run ended before step {step}: {process.stderr.read()[-500:]}")


def weights(folder, name):
    return (folder / name / "model.safetensors").read_bytes()


def examined(events):
    """What examinations found, but for the time that they took."""
    found = [dict(e) for e in events if e["event"] == "examination"]
    for one in found:
        one.pop("seconds")
    return found


def children_of(pid):
    done = subprocess.run(["ps", "--no-headers", "-o", "pid", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def same_bits(folder, recipe_file):
    events = {n: run(n, recipe_file, "--output", str(folder / f"on{n}")) for n in (1, 2, 4)}
    for n in (2, 4):
        if weights(folder, f"on{n}") != weights(folder, "on1"):
            raise SystemExit(f"{n} processes made other weights than one")
        if examined(events[n]) != examined(events[1]):
            raise SystemExit(f"{n} processes examined otherwise: {examined(events[n])}, alone {examined(events[1])}")
    losses = [[e["loss"] for e in events[n] if e["event"] == "step"] for n in (1, 2, 4)]
    if not losses[0] == losses[1] == losses[2]:
        raise SystemExit("the losses shown differ")


def killed_and_resumed(folder, recipe_file):
    """Ctrl-C leaves a state; then a process is killed; 4 processes go on."""
    output = folder / "broken"
    process = start(2, recipe_file, "--output", str(output))
    wait_for_step(process, 15)
    process.send_signal(signal.SIGINT)
    process.stdout.read()  # mpirun passes on no more of what its processes say
    if process.wait() == 0:
        raise SystemExit("Ctrl-C: the run ended well")
    states = sorted((folder / "broken.run/states").glob("step-*.safetensors"))
    if not states:
        raise SystemExit("Ctrl-C left no state")

    process = start(2, recipe_file, "--output", str(output), "--resume")
    wait_for_step(process, int(states[-1].name[5:13]) + 3)
    ranks = children_of(process.pid)
    if len(ranks) != 2:
        raise SystemExit(f"mpirun has the children {ranks}")
    os.kill(max(ranks), signal.SIGKILL)
    begun = time.monotonic()
    process.stdout.read()
    errors = process.stderr.read()
    if process.wait() == 0 or time.monotonic() - begun > 30:
        raise SystemExit(f"after a kill: {process.returncode}, {time.monotonic() - begun:.0f} s")
    own = [line for line in errors.splitlines() if line.startswith("retort: ")]
    if len(own) != 1 or "a process of it died" not in own[0] or "--resume" not in own[0]:
        raise SystemExit(f"after a kill: said {own} of {errors[-800:]}")
    left = sorted((folder / "broken.run/states").glob("step-*.safetensors"))
    if states[-1] not in left:
        raise SystemExit("the last state is gone")

    run(4, recipe_file, "--output", str(output), "--resume")
    if weights(folder, "broken") != weights(folder, "on1"):
        raise SystemExit("stopped, killed and resumed with 4 processes: other weights")


def student_teaches(folder):
    """Samples of the student and the teacher's scores are dealt too."""
    recipe = {"student": STUDENT, "tokenizer": {"from": "on1"}, "teacher": "on1", "data": RECIPE["data"],
              "stages": [{"kind": "on_policy"}], "schedule": {"batch_tokens": 512, "max_length": 64},
              "budget": {"tokens": 3000}, "evaluation": {"points": 0}, "output": "unused"}
    file = folder / "on_policy.json"
    file.write_text(json.dumps(recipe))
    for n in (1, 2):
        run(n, file, "--output", str(folder / f"policy{n}"))
    if weights(folder, "policy1") != weights(folder, "policy2"):
        raise SystemExit("on-policy: 2 processes made other weights than one")


def refused(folder, recipe_file):
    done = subprocess.run(command(3, recipe_file, "--output", str(folder / "three")), capture_output=True, text=True,
                          env=ENVIRONMENT)
    said = [line for line in done.stderr.splitlines() if line.startswith("retort: ")]
    if done.returncode == 0 or len(said) != 1 or "3 processes: a step has 4 shards" not in said[0]:
        raise SystemExit(f"3 processes: {done.returncode}: {done.stderr[-500:]}")


def available():
    if shutil.which("mpirun") is None:
        return "there is no mpirun (openmpi-bin)"
    done = subprocess.run(["mpirun", "-n", "2", retort, "distill", "nothing.json"], capture_output=True, text=True,
                          env=ENVIRONMENT)
    return "the program was built without Open MPI" if "built without Open MPI" in done.stderr else None


missing = available()
if missing:
    print(f"skipped: {missing}")
    sys.exit(SKIPPED)
with tempfile.TemporaryDirectory() as temporary:
    base = pathlib.Path(temporary)
    (base / "lines.jsonl").write_text("".join(json.dumps({"text": f"{i} and {i} are {2 * i}."}) + "\n"
                                              for i in range(300)))
    file = base / "recipe.json"
    file.write_text(json.dumps({**RECIPE, "output": "unused"}))
    same_bits(base, file)
    killed_and_resumed(base, file)
    student_teaches(base)
    refused(base, file)
    print("1, 2 and 4 processes: the same bits, after a stop and a kill too")
