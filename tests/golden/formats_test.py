"""Reads what our writers wrote with readers made from the specifications alone (and llama.cpp's JavaScript reader
where it is installed), and compares every name, shape, value and alignment with what was meant."""
import json
import pathlib
import struct
import subprocess
import sys

TENSORS = {"norm": ("F32", [5]), 'w."quoted"': ("BF16", [3, 2]), "big": ("F32", [4, 8, 2])}
METADATA = {
    "general.architecture": "llama", "test.text": "žluťoučký 茶", "test.u16": 65535, "test.u32": 4294967295,
    "test.i32": -2147483647, "test.u64": 9007199254740991, "test.i64": -9007199254740991, "test.f32": 0.15625,
    "test.f64": 0.1, "test.yes": True, "test.strings": ["a", "", "bc"], "test.ints": [1, -2, 3],
    "test.floats": [0.5, -0.25], "general.alignment": 64}
SCALARS = ["B", "b", "H", "h", "I", "i", "f", "?", None, None, "Q", "q", "d"]


def values(kind, data):
    """Elements as floats; bf16 is the upper half of an f32."""
    if kind == "F32":
        return [x for (x,) in struct.iter_unpack("<f", data)]
    return [struct.unpack("<f", b"\0\0" + data[i:i + 2])[0] for i in range(0, len(data), 2)]


def check_tensor(name, kind, shape, data):
    assert (kind, shape) == TENSORS[name], (name, kind, shape)
    n = 1
    for extent in shape:
        n *= extent
    assert values(kind, data) == [i / 4 for i in range(n)], name


def check_safetensors(raw):
    (length,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8:8 + length])
    assert header.pop("__metadata__") == {"format": "pt", "note": "two\nlines"}
    assert (8 + length) % 64 == 0
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        assert begin == end and begin % (4 if entry["dtype"] == "F32" else 2) == 0, name
        check_tensor(name, entry["dtype"], entry["shape"], raw[8 + length + begin:8 + length + stop])
        end = stop
    assert set(header) == set(TENSORS) and 8 + length + end == len(raw)


class Gguf:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, code):
        (value,) = struct.unpack_from("<" + code, self.raw, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def text(self):
        n = self.take("Q")
        self.at += n
        return self.raw[self.at - n:self.at].decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            element, n = self.take("I"), self.take("Q")
            return [self.value(element) for _ in range(n)]
        return self.take(SCALARS[kind])


def check_gguf(raw):
    g = Gguf(raw)
    assert g.take("4s") == b"GGUF" and g.take("I") == 3
    n_tensors, n_fields = g.take("Q"), g.take("Q")
    assert {g.text(): g.value(g.take("I")) for _ in range(n_fields)} == METADATA
    entries = []
    for _ in range(n_tensors):
        name = g.text()
        extents = [g.take("Q") for _ in range(g.take("I"))]
        entries.append((name, extents[::-1], g.take("I"), g.take("Q")))
    data = (g.at + 63) // 64 * 64
    for name, shape, kind, offset in entries:
        kind = {0: "F32", 30: "BF16"}[kind]
        size = 4 if kind == "F32" else 2
        for extent in shape:
            size *= extent
        assert offset % 64 == 0, name
        check_tensor(name, kind, shape, raw[data + offset:data + offset + size])
    assert [e[0] for e in entries] == list(TENSORS)


def check_with_llama_cpp(folder, oracles):
    out = subprocess.run(["node", "gguf_info.mjs", str(folder / "golden.gguf")], cwd=oracles, check=True,
                         capture_output=True, text=True).stdout
    info = json.loads(out)
    flat = {}
    for key, value in METADATA.items():
        at = info["metadata"]
        for part in key.split("."):
            at = at[part]
        flat[key] = at
    assert flat == METADATA, flat
    assert {t["name"]: t["dimensions"][::-1] for t in info["tensors"]} == {n: s for n, (_, s) in TENSORS.items()}


def main():
    program, folder, oracles = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    subprocess.run([program, str(folder)], check=True)
    check_safetensors((folder / "golden.safetensors").read_bytes())
    check_gguf((folder / "golden.gguf").read_bytes())
    if (oracles / "node_modules/node-llama-cpp").is_dir():
        check_with_llama_cpp(folder, oracles)
        print("safetensors and GGUF as specified; node-llama-cpp reads the same")
    else:
        print("safetensors and GGUF as specified; node-llama-cpp is not installed (make test installs it)")


main()
