#!/usr/bin/env python3
"""The peer of bench-train: the same model in plain PyTorch, f32. After the first steps it does one measurement
for each line on its standard input and answers with a line of JSON.

torch_peer.py CONFIG_JSON THREADS SEQUENCES LENGTH STEPS
"""
import json
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/golden"))
import torch_decoder  # noqa: E402


def main():
    config = json.loads(sys.argv[1])
    threads, sequences, length, steps = (int(a) for a in sys.argv[2:6])
    torch.set_num_threads(threads)
    model = torch_decoder.Decoder(config, torch_decoder.random_weights(config))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices}, {"params": vectors, "weight_decay": 0.0}], lr=1e-3,
                                  betas=(0.9, 0.95), weight_decay=0.1)

    def step():
        ids = torch.randint(config["vocab_size"], (sequences, length + 1))
        optimizer.zero_grad()
        loss = model.loss(ids[:, :-1], ids[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    step()
    print(json.dumps({"torch": torch.__version__, "parameters": sum(p.numel() for p in model.parameters())}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(steps):
            loss = step()
        seconds = time.perf_counter() - start
        print(json.dumps({"tokens_per_second": steps * sequences * length / seconds, "loss": loss}), flush=True)


main()
