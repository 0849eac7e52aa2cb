"""Reads a folder of FP8 weights and writes the same model in f32, by the formats' definitions alone: a table of the 256
codes of E4M3 (Micikevicius et al. 2022) times `weight_scale` per row or `weight_scale_inv` per 128 x 128 block."""
import array
import json
import shutil
import struct


def e4m3(code):
    sign, exponent, mantissa = -1.0 if code & 0x80 else 1.0, (code >> 3) & 15, code & 7
    if exponent == 15 and mantissa == 7:
        return float("nan")
    return sign * (mantissa / 8 * 2.0 ** -6 if exponent == 0 else (1 + mantissa / 8) * 2.0 ** (exponent - 7))


CODES = [e4m3(code) for code in range(256)]


def read(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {name: (t["dtype"], t["shape"], data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]])
            for name, t in header.items()}


def floats(tensor):
    dtype, _, data = tensor
    if dtype == "F32":
        return array.array("f", data)
    assert dtype == "BF16", dtype
    return array.array("f", b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2)))


def dequantize(name, tensors):
    _, (rows, columns), codes = tensors[name]
    if name + "_scale" in tensors:
        scales = floats(tensors[name + "_scale"])
        return array.array("f", (CODES[c] * scales[i // columns] for i, c in enumerate(codes)))
    scales, width = floats(tensors[name + "_scale_inv"]), (columns + 127) // 128
    return array.array("f", (CODES[c] * scales[i // columns // 128 * width + i % columns // 128]
                             for i, c in enumerate(codes)))


def convert(source, target):
    target.mkdir(parents=True, exist_ok=True)
    tensors = read(source / "model.safetensors")
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        if name.endswith(("_scale", "_scale_inv")):
            continue
        values = dequantize(name, tensors) if tensor[0] == "F8_E4M3" else floats(tensor)
        parts.append(values.tobytes())
        header[name] = {"dtype": "F32", "shape": tensor[1], "data_offsets": [offset, offset + len(parts[-1])]}
        offset += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (target / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    config = json.loads((source / "config.json").read_text())
    config.pop("quantization_config", None)
    (target / "config.json").write_text(json.dumps(config))
    shutil.copy(source / "tokenizer.json", target)
