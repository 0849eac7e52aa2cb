#!/usr/bin/env python3
"""One step of training against PyTorch, on the same weights and tokens, every architecture.

train_step_test.py BUILD_DIR WORK_DIR
Fails when in 64 bits the loss or a gradient differs by more than 1e-6 (relative, a tensor at a time), in BF16 the loss by
more than 2e-3 or a gradient by more than 3 %, or AdamW's update of the same gradients by more than 1e-5 of its size.
Exits 77 with a message when this Python has no PyTorch (Debian's is python3-torch).
"""
import json
import pathlib
import struct
import subprocess
import sys

try:
    import torch
except ImportError:
    print("skipped: this Python has no PyTorch (apt-get install python3-torch libopenblas0-pthread)")
    sys.exit(77)

import torch_decoder

BUILD, WORK = (pathlib.Path(a) for a in sys.argv[1:3])
DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16}
failures = []


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]]).view(entry["shape"])
    return tensors


def check(name, figure, goal):
    ok = figure <= goal
    print(f"{'ok    ' if ok else 'FAILED'} {name:<48} {figure:.2e}, goal {goal:.0e}", flush=True)
    if not ok:
        failures.append(name)


def difference(found, wanted):
    wanted = wanted.double()
    return ((found.double() - wanted).norm() / wanted.norm()).item()


def worst(found, wanted):
    if found.keys() != wanted.keys():
        sys.exit(f"FAILED: parameters {sorted(found.keys() ^ wanted.keys())} are in one of both only")
    return max((difference(found[name], wanted[name]), name) for name in wanted)


def adamw(weights, gradients, norm):
    """One step of torch.optim.AdamW from Retort's gradients, clipped."""
    parameters = {name: torch.nn.Parameter(value.double()) for name, value in weights.items()}
    for name, p in parameters.items():
        p.grad = gradients[name].double() * min(1.0, 1.0 / norm)
    groups = [{"params": [p for p in parameters.values() if p.dim() > 1]},
              {"params": [p for p in parameters.values() if p.dim() == 1], "weight_decay": 0.0}]
    torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1).step()
    return {name: p.detach() for name, p in parameters.items()}


def compare(architecture, class_name, **changes):
    config = {"architectures": [class_name], "model_type": architecture, "hidden_act": "silu", "vocab_size": 512,
              "hidden_size": 128, "head_dim": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
              "num_key_value_heads": 2, "intermediate_size": 192, "max_position_embeddings": 128, "rms_norm_eps": 1e-6,
              "rope_theta": 10000.0, "tie_word_embeddings": True, "torch_dtype": "bfloat16"} | changes
    label = f"{architecture}, {'tied' if config['tie_word_embeddings'] else 'untied'}"
    used, experts = config.get("num_experts_per_tok"), config.get("num_local_experts")
    label += f", {used} of {experts}" if experts else ""
    work = WORK / label.replace(", ", "-").replace(" ", "-")
    work.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(512, (4, 65), generator=generator)
    targets = ids[:, 1:].clone()
    targets[torch.rand(targets.shape, generator=generator) < 0.3] = -100
    (work / "config.json").write_text(json.dumps(config))
    (work / "batch.json").write_text(json.dumps({"ids": ids[:, :-1].tolist(), "targets": targets.tolist()}))
    done = subprocess.run([BUILD / "train_step", work / "config.json", work / "batch.json", work], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"FAILED: train_step: {done.stderr.strip()}")

    weights = read_safetensors(work / "model/model.safetensors")
    model = torch_decoder.Decoder(config, {name: value.double() for name, value in weights.items()})
    loss = model.loss(ids[:, :-1], targets)
    loss.backward()
    exact = {name: p.grad for name, p in model.w.items()}
    step = json.loads((work / "step.json").read_text())
    check(f"{label}: loss in 64 bits", abs(step["loss_f64"] / loss.item() - 1), 1e-6)
    figure, name = worst(read_safetensors(work / "gradients_f64.safetensors"), exact)
    check(f"{label}: gradients in 64 bits", figure, 1e-6)
    print(f"       farthest: {name}")
    check(f"{label}: loss in BF16", abs(step["loss_bf16"] / loss.item() - 1), 2e-3)
    rounded = read_safetensors(work / "gradients_bf16.safetensors")
    if used == experts:  # else rounding sends some tokens to other experts
        figure, name = worst(rounded, exact)
        check(f"{label}: gradients in BF16", figure, 3e-2)
        print(f"       farthest: {name}")
    norm = torch.cat([g.double().flatten() for g in rounded.values()]).norm().item()
    check(f"{label}: norm of the gradients", abs(step["norm"] / norm - 1), 1e-6)
    updated = adamw(weights, rounded, norm)
    masters = read_safetensors(work / "masters.safetensors")
    moved = max(((masters[n].double() - updated[n]).norm() / (updated[n] - weights[n].double()).norm()).item() for n in updated)
    check(f"{label}: AdamW's update", moved, 1e-5)


compare("llama", "LlamaForCausalLM")
compare("qwen2", "Qwen2ForCausalLM", tie_word_embeddings=False)
for used in (2, 4):
    compare("mixtral", "MixtralForCausalLM", num_local_experts=4, num_experts_per_tok=used, sliding_window=None)
print(f"{len(failures)} failures")
sys.exit(bool(failures))
