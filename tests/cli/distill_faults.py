#!/usr/bin/env python3
"""What goes wrong in a run is one line and loses little: a full disk, a damaged state, numbers that are not
finite, missing texts: distill_faults.py RETORT MAKE_CHECKPOINT TOKENIZER."""
import json
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile

retort, make_checkpoint, tokenizer = sys.argv[1:]
RECIPE = {"output": "out",
          "student": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2,
                      "num_key_value_heads": 1},
          "tokenizer": {"vocabulary_size": 400}, "data": {"families": {"arithmetic": 1}, "levels": [1], "problems": 500},
          "stages": [{"kind": "answers_only", "share": 0.5}, {"kind": "gold_traces"}],
          "schedule": {"batch_tokens": 1024, "max_length": 128}, "budget": {"tokens": 80000},
          "evaluation": {"points": 0}}


def distill(recipe, *options, **more):
    return subprocess.run([retort, "distill", str(recipe), *options], capture_output=True, text=True, **more)


def expect(done, status, *texts):
    """It ended so, with one line of ours that has all the texts."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("retort: ")]
    if done.returncode != status or len(lines) != 1 or not all(text in lines[0] for text in texts):
        raise SystemExit(f"wanted {status} and {texts}, got {done.returncode}: {done.stderr[-800:]}")
    return lines[0]


def write(folder, recipe):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(json.dumps(recipe))
    return folder / "recipe.json"


def stop_early(recipe):
    """Ctrl-C after some steps; returns the states that it leaves."""
    run = subprocess.Popen([retort, "distill", str(recipe), "--json"], stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] >= 10:
            break
    run.send_signal(signal.SIGINT)
    run.stdout.read()
    if run.wait() != 130:
        raise SystemExit(f"Ctrl-C: {run.returncode}")
    return states_of(recipe)


def states_of(recipe):
    return sorted((recipe.parent / "out.run/states").glob("step-*.safetensors"))


def weights(recipe):
    return (recipe.parent / "out/model.safetensors").read_bytes()


def small_files_only():
    """Writes past 100 kB fail as on a full disk: for who may not mount one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def full_disk(base, whole):
    """The state that was there survives, and with room again the run ends with the bits of one left alone."""
    folder = base / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)],
                             capture_output=True).returncode == 0
    try:
        recipe = write(folder, RECIPE)
        before = stop_early(recipe)
        if mounted:  # all but a little is taken
            filler, free = folder / "filler", 16 << 20
            with open(filler, "wb") as file:
                free = int(subprocess.run(["df", "--output=avail", "-B1", str(folder)], capture_output=True,
                                          text=True).stdout.split()[1])
                file.write(b"x" * (free - 200_000))
            done = distill(recipe, "--resume")
            filler.unlink()
        else:
            done = distill(recipe, "--resume", preexec_fn=small_files_only)
        expect(done, 5, "states/step-")
        if not before or states_of(recipe) != before:
            raise SystemExit(f"a full disk changed the states from {before} to {states_of(recipe)}")
        done = distill(recipe, "--resume")
        if done.returncode != 0 or weights(recipe) != whole:
            raise SystemExit(f"after a full disk: {done.returncode}, {done.stderr[-500:]}")
        return "a disk of its own" if mounted else "a limit on files' sizes"
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def damaged_state(base, whole):
    """Refused by name; without it the run goes on from the one before."""
    recipe = write(base / "damaged", RECIPE)
    good = stop_early(recipe)[-1]
    newer = good.with_name(f"step-{int(good.name[5:13]) + 1:08}.safetensors")
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 0x40
    newer.write_bytes(data)
    expect(distill(recipe, "--resume"), 2, newer.name, "checksum", f"the state before it is {good.name}", "remove this")
    newer.write_bytes(bytes(data[:1000]))
    expect(distill(recipe, "--resume"), 2, newer.name, good.name)
    newer.unlink()
    done = distill(recipe, "--resume")
    if done.returncode != 0 or weights(recipe) != whole:
        raise SystemExit(f"after a damaged state: {done.returncode}, {done.stderr[-500:]}")


def explosion(base):
    """Weights that grow ninefold at every step: it stops at the step, says where, and keeps a finite state."""
    recipe = write(base / "explosion", {
        **RECIPE, "optimizer": {"learning_rate": 1, "weight_decay": 10, "max_grad_norm": 1e6},
        "schedule": {**RECIPE["schedule"], "warmup_ratio": 0, "decay_ratio": 0}})
    line = expect(distill(recipe), 2, "step ", "not finite", "a lower learning rate")
    for state in states_of(recipe):
        size = struct.unpack("<Q", state.read_bytes()[:8])[0]
        floats = state.read_bytes()[8 + size:]
        if any(word[3] & 0x7f == 0x7f and word[2] & 0x80 for word in struct.iter_unpack("4B", floats)):
            raise SystemExit(f"{state.name} has numbers that are not finite")
    return line


def broken_start(base):
    """A weight of the start is NaN: the first step names it."""
    source = base / "nan/source"
    subprocess.run([make_checkpoint, "--shape", "tiny-llama", "--dtype", "bf16", "--format", "hf", "--layers", "2",
                    "--tokenizer", tokenizer, source], check=True)
    file = source / "model.safetensors"
    data = bytearray(file.read_bytes())
    size = struct.unpack("<Q", data[:8])[0]
    at = json.loads(data[8:8 + size])["model.layers.1.mlp.up_proj.weight"]["data_offsets"][0]
    data[8 + size + at + 40:8 + size + at + 42] = b"\xc0\x7f"
    file.write_bytes(data)
    (base / "nan/text.txt").write_text("Some words to learn from. " * 200)
    recipe = write(base / "nan", {
        "output": "out", "student": {"from": "source"}, "texts": {"files": ["text.txt"], "held_out": 0},
        "stages": [{"kind": "texts"}], "schedule": {"batch_tokens": 256, "max_length": 64},
        "budget": {"tokens": 2000}, "evaluation": {"points": 0}})
    expect(distill(recipe), 2, "step 1: the loss is nan", "parameter model.layers.1.mlp.up_proj.weight")
    (base / "nan/text.txt").write_bytes(b"broken \xff text\n")
    expect(distill(recipe, "--output", base / "nan/other"), 2, "text.txt:1: byte 7 is not UTF-8")
    (base / "nan/text.txt").unlink()
    expect(distill(recipe, "--output", base / "nan/third"), 3, "recipe.json: texts.files: ", "text.txt")


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    whole_recipe = write(folder / "whole", RECIPE)
    if distill(whole_recipe).returncode != 0:
        raise SystemExit("a plain run fails")
    way = full_disk(folder, weights(whole_recipe))
    damaged_state(folder, weights(whole_recipe))
    print(explosion(folder))
    broken_start(folder)
    print(f"survived a full disk ({way}), a damaged state, an explosion, a NaN and missing texts")
