#!/usr/bin/env python3
"""tools/check-code-suite passes a sound suite and fails on each of the ways in which a problem, a reference or a planted
answer can be unsound."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
suite = root / "suites/code"
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("check_code_suite", str(root / "tools/check-code-suite"))
checker = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_code_suite", loader))
loader.exec_module(checker)
PAIR, GROUP = "first_pair_with_sum", "group_by_length"
# (file, what stands there, what is put in its place, what the checker must say)
FAULTS = [
    (f"{PAIR}.json", '"level": 2', '"level": 7', "level 7 is not from 1 to 6"),
    (f"{PAIR}.json", '"id": "first_pair_with_sum"', '"id": "pair"', "must be the file's name"),
    (f"{PAIR}.json", '"order": "exact"', '"order": "sorted"', "order 'sorted' is none of"),
    (f"{PAIR}.json", '"list[int]"', '"list[integer]"', "integer is not for python"),
    (f"{PAIR}.json", "Raise `ValueError`", "Raise an error", "the prompt does not mention ValueError"),
    (f"{PAIR}.json", '"category": "empty"', '"category": "strange"', "one of the categories"),
    (f"{PAIR}.json", '{"args": [[], 1]', '{"args": [[1, 2], 1]', "instead of raising ValueError"),
    (f"{PAIR}.json", '{"args": [[], 1], "raises": "ValueError"', '{"args": [[], 1], "raises": "TypeError"', "raises ValueError, not TypeError"),
    (f"{PAIR}.json", '{"args": [[], 1]', '{"args": [[]]', "1 arguments for 2 parameters"),
    (f"{PAIR}.json", '[[1, 2], "3"]', "[[1, 2], 3.0]", "the prompt does not say what holds for floats"),
    (f"{PAIR}.json", '[[1, 2], "3"]', "[[1, 2], true]", "the prompt does not say what holds for bools"),
    (f"{PAIR}.json", '"sizes": [200,', '"sizes": [1800,', "must be two or more growing numbers"),
    (f"{PAIR}.py", "return [i, j]", "return [j, i]", "best returns"),
    (f"{PAIR}.py", "first_seen = {}", "first_seen = {}\n    numbers.append(0)", "changes its arguments"),
    (f"{PAIR}.py", "first_seen = {}", "return 'none'", "not a list[int]"),
    (f"{PAIR}.py", "first_seen = {}", "raise KeyError(1)", "raises KeyError"),
    (f"{PAIR}.py", "        target: The sum", "        The sum", "does not document target"),
    (f"{PAIR}.py", "        ValueError: If", "        KeyError: If", "does not document ValueError"),
    (f"{PAIR}.py", "        ValueError: If", "        KeyError: If", "documents KeyError, which no fault shows"),
    (f"{PAIR}.py", "def naive(numbers, target)", "def naive(target, numbers)", "the contract says"),
    (f"{PAIR}.py", "    for _ in range(20):", "    for _ in range(2):", "it must be 20 to 40"),
    (f"{PAIR}.py", "        numbers = [rng.randint(-20, 20) for _ in range(rng.randint(2, 30))]", "        numbers = [1, 2]\n        rng = __import__('random').Random(1)", "are there twice"),
    (f"{PAIR}.py", "rng.randint(-40, 40)", "0.5", "has not the parameters' types"),
    (f"{PAIR}.py", "def sized", "def resized", "does not define sized"),
    (f"{GROUP}.js", "new Set(words)", "words", "best returns"),
    (f"{GROUP}.js", "new RangeError", "new SyntaxError", "instead of RangeError"),
    (f"{GROUP}.js", "@returns", "@gives", "does not document the return value"),
    (f"planted/{PAIR}.good.py", "setdefault(value, j)", "update({value: j})", "inputs are answered rightly"),
    (f"planted/{PAIR}.good.py", "        ValueError: If", "        KeyError: If", "must name all parameters and exceptions"),
    (f"planted/{PAIR}.wrong.py", "positions[value] = j", "positions.setdefault(value, j)", "it must be some, but not all"),
    (f"planted/{PAIR}.undocumented.py", "    positions = {}", "    positions = {}  # by value", "it is documented"),
    (f"planted/{PAIR}.phantom.py", "    Raises:", "    Notes:", "must name a parameter and an exception that do not exist"),
    (f"planted/{PAIR}.swallowing.py", "except Exception", "except KeyError", "refused instead of swallowed"),
    (f"planted/{PAIR}.raising.py", "raise ValueError", "return str", "answered instead of refused"),
]
# These need a clock.
COST_FAULTS = [
    (f"{PAIR}.py", "    for j in range(len(numbers)):\n", "    return best(numbers, target)\n    for j in range(len(numbers)):\n", "naive costs"),
    (f"planted/{PAIR}.slow.py", "    for j in range(1, len(numbers)):", "    seen = {}\n    for j, value in enumerate(numbers):\n        if target - value in seen:\n            return [seen[target - value], j]\n        seen.setdefault(value, j)\n    return []\n    for j in range(1, len(numbers)):", "a slow answer must take"),
]


def copy_with(folder, file, old, new):
    """The problem that `file` is of, with one change. Of planted answers only the changed one: each costs a process."""
    (folder / "planted").mkdir()
    for path in suite.glob(f"{PAIR if PAIR in file else GROUP}.*"):
        shutil.copy(path, folder)
    text = (suite / file).read_text() if (suite / file).exists() else ""
    assert old in text, f"{file} does not hold {old!r} any more: write the test anew"
    (folder / file).write_text(text.replace(old, new, 1))


def expect(file, old, new, words, quick=True):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_with(folder, file, old, new)
        found = list(checker.stray_files(folder))
        for path in sorted(folder.glob("*.json")):
            found += checker.check(path, quick)[1]
    assert any(words in failure for failure in found), f"{file}: {new!r}: not '{words}' but {found[:5]}"


def run(*options):
    done = subprocess.run([sys.executable, root / "tools/check-code-suite", "--quick", *options], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


for fault in FAULTS:
    if not fault[0].endswith(".js") or shutil.which("node"):
        expect(*fault)
for fault in COST_FAULTS:
    expect(*fault, quick=False)
expect("lonely.py", "", "", "there is no lonely.json")
expect(f"planted/{PAIR}.bad.py", "", "", "must be NAME.KIND.py")

code, output = run(PAIR, GROUP)
assert code == 0 and "2 problems, 0 failures" in output, output
with tempfile.TemporaryDirectory() as name:
    copy_with(pathlib.Path(name), *FAULTS[0][:3])
    code, output = run("--suite", name)
    assert code == 1 and FAULTS[0][3] in output and "1 problems, 1 failures" in output, output
code, output = run("no_such_problem")
assert code == 1 and "no problem no_such_problem" in output, output
print(f"{len(FAULTS) + len(COST_FAULTS) + 2} unsound suites were refused")
