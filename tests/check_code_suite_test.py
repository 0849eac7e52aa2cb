#!/usr/bin/env python3
"""tools/check-code-suite passes a sound suite and fails on each of the ways in which a problem, a reference or a planted
answer can be unsound."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
suite = root / "suites/code"
NAMES = ["first_pair_with_sum", "group_by_length"]
PAIR, GROUP = NAMES
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


def run(changes, *options):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        (copy / "planted").mkdir()
        # Only the problem that is changed, and only the planted answer: each costs a process.
        names = [name for name in NAMES if not changes or name in changes[0][0]] or NAMES
        patterns = ["{}.*"] + ([changes[0][0]] if changes and "/" in changes[0][0] else ["planted/{}.*"] * (not changes))
        for path in [p for name in names for pattern in patterns for p in suite.glob(pattern.format(name))]:
            shutil.copy(path, copy / path.relative_to(suite))
        for name, old, new in changes:
            text = (copy / name).read_text() if (copy / name).exists() else ""
            assert old in text, f"{name} does not hold {old!r} any more: write the test anew"
            (copy / name).write_text(text.replace(old, new, 1))
        done = subprocess.run([sys.executable, root / "tools/check-code-suite", "--suite", copy, *options], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


def expect(status, words, changes, *options):
    code, output = run(changes, *options)
    assert code == status and words in output, f"{changes}: exit {code} instead of {status}, or not '{words}':\n{output[:2000]}"


expect(0, "2 problems, 0 failures", [], "--quick")
for name, old, new, words in FAULTS:
    if name.endswith(".js") and not shutil.which("node"):
        continue
    expect(1, words, [(name, old, new)], "--quick")
for name, old, new, words in COST_FAULTS:
    expect(1, words, [(name, old, new)])
expect(1, "there is no lonely.json", [("lonely.py", "", "")], "--quick")
expect(1, "must be NAME.KIND.py", [(f"planted/{PAIR}.bad.py", "", "")], "--quick")
print(f"{len(FAULTS) + len(COST_FAULTS) + 2} unsound suites were refused")
