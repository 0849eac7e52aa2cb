#!/usr/bin/env python3
"""Fails when a file includes a room that retort/rooms.txt does not put below its own, or when a room
above kernels names an instruction set."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
below = {}
for line in (root / "retort/rooms.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        room, _, rest = line.partition(":")
        below[room] = set(rest.split()) | {room}

faults = []
files = [p for p in (root / "retort").rglob("*") if p.suffix in (".h", ".cc", ".inc")]
for path in sorted(files):
    room = path.relative_to(root / "retort").parts[0]
    if room not in below:
        faults.append(f"{path}: room '{room}' is not in retort/rooms.txt")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.relative_to(root)}:{number}"
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            parts = include[1].split("/")
            if parts[0] != "retort":
                faults.append(f"{where}: include \"{include[1]}\" is not written from the root")
            elif parts[1] not in below[room]:
                faults.append(f"{where}: {room} may not include {parts[1]} ({include[1]})")
        if room != "kernels" and re.search(r"immintrin\.h|_mm(256|512)?_|__attribute__\(\(target", line):
            faults.append(f"{where}: an instruction set outside kernels/")
print("\n".join(faults) if faults else f"{len(files)} files keep the direction of {len(below)} rooms")
sys.exit(bool(faults))
