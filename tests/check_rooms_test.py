#!/usr/bin/env python3
"""check_rooms.py fails on an include that points up, on one not written from the root, and on an instruction set
outside kernels/; it passes without them."""
import pathlib
import subprocess
import sys
import tempfile

checker = pathlib.Path(__file__).parent / "check_rooms.py"
faults = [
    ("retort/base/bad.h", '#include "retort/model/layer.h"\n', "base may not include model"),
    ("retort/base/bad.h", '#include "error.h"\n', "not written from the root"),
    ("retort/model/bad.cc", "#include <immintrin.h>\n", "an instruction set outside kernels/"),
    ("retort/attic/bad.cc", "\n", "room 'attic' is not in retort/rooms.txt"),
]


def run_checker(path=None, text=""):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        files = {"retort/rooms.txt": "base:\nkernels: base\nmodel: kernels base\n",
                 "retort/base/error.h": "\n",
                 "retort/kernels/avx2.cc": "#include <immintrin.h>\n",
                 "retort/model/layer.h": '#include "retort/base/error.h"\n'}
        if path:
            files[path] = text
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        return subprocess.run([sys.executable, checker, root], capture_output=True, text=True)


clean = run_checker()
assert clean.returncode == 0, clean.stdout
for path, text, message in faults:
    result = run_checker(path, text)
    assert result.returncode == 1 and message in result.stdout, (path, text, result.stdout)
print(f"{len(faults) + 1} passed, 0 failed")
