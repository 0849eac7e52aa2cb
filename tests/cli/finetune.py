#!/usr/bin/env python3
"""Published layouts fine-tuned on texts and chats, whole: finetune.py RETORT MAKE_CHECKPOINT TOKENIZER.

Every layout that training reads (llama and qwen2, tied or not, with biases, F32, F16 and BF16, one file or
shards) goes in, learns, and comes out as a folder that `retort run` reads, with all that stood in its files."""
import array
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

retort, make_checkpoint, tokenizer = sys.argv[1:]
TEMPLATE = ("{% for m in messages %}{% set content = m.content.split('</think>')[-1] %}"
            "{{ '<|im_start|>' + m.role + '\n' + content + '<|im_end|>\n' }}{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}")


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.returncode}: {done.stderr[-600:]}")
    return done.stdout


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    begin = 8 + size
    return {name: (t["dtype"], t["shape"], data[begin + t["data_offsets"][0]:begin + t["data_offsets"][1]])
            for name, t in header.items()}


def write_safetensors(path, tensors):
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(t[2] for t in tensors.values()))


def from_bf16(data, dtype):
    """BF16 values in a wider type; all of them are within F16's range here."""
    wide = array.array("I", (half << 16 for half in array.array("H", data)))
    floats = array.array("f", wide.tobytes())
    return floats.tobytes() if dtype == "F32" else struct.pack(f"<{len(floats)}e", *floats)


def prepare(folder, dtype, shards, tied):
    """Changes what retort-make-checkpoint wrote (BF16, one file) into the layout that is asked for."""
    tensors = read_safetensors(folder / "model.safetensors")
    if dtype != "BF16":
        tensors = {n: (dtype, shape, from_bf16(data, dtype)) if was == "BF16" else (was, shape, data)
                   for n, (was, shape, data) in tensors.items()}
    config = json.loads((folder / "config.json").read_text())
    config["tie_word_embeddings"] = tied
    if tied:
        tensors.pop("lm_head.weight", None)
    elif "lm_head.weight" not in tensors:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    config["torch_dtype"] = {"BF16": "bfloat16", "F32": "float32", "F16": "float16"}[dtype]
    config["a_member_of_its_own"] = {"kept": True}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    (folder / "special_tokens_map.json").write_text('{"eos_token": "<|im_end|>"}')
    names = sorted(tensors)
    (folder / "model.safetensors").unlink()
    if shards == 1:
        write_safetensors(folder / "model.safetensors", tensors)
        return
    index = {}
    for i in range(shards):
        file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
        part = names[i::shards]
        write_safetensors(folder / file, {n: tensors[n] for n in part})
        index.update({n: file for n in part})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def write_data(folder):
    chats = [{"messages": [{"role": "user", "content": f"What comes after {i}?"},
                           {"role": "assistant", "reasoning_content": f"One more than {i}.", "content": f"{i + 1}"},
                           {"role": "user", "content": "And then?"},
                           {"role": "assistant", "content": f"<think>\nTwo more.\n</think>\n\n{i + 2}"}]}
             for i in range(100)]
    texts = [{"text": f"The number {i} is followed by {i + 1}."} for i in range(60)]
    (folder / "chats.jsonl").write_text("".join(json.dumps(line) + "\n" for line in chats + texts))
    (folder / "book.txt").write_text("".join(f"Line {i} of a book about counting.\n" for i in range(200)))


def finetune(folder, shape, dtype, shards, tied):
    name = f"{shape} {dtype}, {shards} files, {'tied' if tied else 'untied'}"
    source, output = folder / "source", folder / "student"
    run(make_checkpoint, "--shape", shape, "--dtype", "bf16", "--format", "hf", "--layers", "2",
        "--tokenizer", tokenizer, source)
    prepare(source, dtype, shards, tied)
    (folder / "recipe.json").write_text(json.dumps({
        "output": "student", "student": {"from": "source"},
        "texts": {"files": ["../chats.jsonl", "../book.txt"], "held_out": 0.1},
        "stages": [{"kind": "texts"}], "optimizer": {"learning_rate": 3e-3},
        "schedule": {"batch_tokens": 512, "max_length": 128}, "budget": {"tokens": 12000},
        "evaluation": {"points": 1}}))
    events = [json.loads(line) for line in run(retort, "distill", folder / "recipe.json", "--json").splitlines()]
    losses = [e["held_out"]["cross_entropy"] for e in events if e["event"] == "examination"]
    if len(losses) != 2 or not losses[1] < 0.7 * losses[0]:
        raise SystemExit(f"{name}: the held-out loss went {losses}")
    read = next(e for e in events if e["event"] == "texts")
    if read["chats"] != 100 or read["documents"] != 61 or read["held_out_sequences"] < 5:
        raise SystemExit(f"{name}: the texts were read as {read}")
    report = json.loads((folder / "student.run/report.json").read_text())
    if report["held_out_before"]["cross_entropy"] != losses[0]:
        raise SystemExit(f"{name}: report.json has another loss before")

    old, new = (json.loads((where / "config.json").read_text()) for where in (source, output))
    if {**old, "torch_dtype": "bfloat16"} != new:
        raise SystemExit(f"{name}: config.json became {new}")
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json",
                 "special_tokens_map.json"):
        if (source / file).read_bytes() != (output / file).read_bytes():
            raise SystemExit(f"{name}: {file} is not as it was")
    tensors = read_safetensors(output / "model.safetensors")
    if {t[0] for t in tensors.values()} != {"BF16"} or ("lm_head.weight" in tensors) == tied:
        raise SystemExit(f"{name}: the tensors are {sorted(tensors)}")
    answer = json.loads(run(retort, "run", output, "-p", "What comes after 7?", "--max-new-tokens", "24", "--temperature",
                            "0", "--json"))
    print(f"{name}: held-out loss {losses[0]:.3f} to {losses[1]:.3f}; "
          f"answers {answer['choices'][0] if 'choices' in answer else answer.get('content')!r}")


with tempfile.TemporaryDirectory() as temporary:
    base = pathlib.Path(temporary)
    write_data(base)
    for i, case in enumerate([("tiny-llama", "BF16", 1, False), ("tiny-llama", "F32", 3, True),
                              ("tiny-qwen2", "F16", 2, True), ("tiny-qwen2", "BF16", 1, False)]):
        (base / str(i)).mkdir()
        finetune(base / str(i), *case)
