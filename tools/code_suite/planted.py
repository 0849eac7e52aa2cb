"""Planted answers (suites/code/planted/NAME.KIND.py): each must be as good and as bad as its kind says, or a test that
ranks answers by it would show nothing. They run in a process of their own: some of them do not play fair."""
import ast
import json
import random
import subprocess
import sys

from . import contract as contracts
from . import references
from .order import same

KINDS = ("good", "slow", "wrong", "undocumented", "phantom", "swallowing", "raising", "cheating")
MIN_SLOWDOWN = 4  # of slow, in best's time at the largest size
SECONDS = 60

# What it needs is bound before the answer is loaded; only plain values count; a process that ends early has answered
# nothing more.
WORKER = """
import json, os, sys, time
loads, dumps, clock, read = json.loads, json.dumps, time.process_time, sys.stdin.read
out, write = os.dup(1), os.write
os.dup2(2, 1)
path, entry, calls = sys.argv[1], sys.argv[2], loads(read())
space = {"__name__": "candidate"}
exec(compile(open(path, encoding="utf-8").read(), path, "exec"), space)
def plain(v):
    if v is None or type(v) in (bool, int, float, str):
        return v
    if type(v) is list:
        return [plain(x) for x in v]
    if type(v) is dict:
        return {str(k): plain(x) for k, x in v.items()}
    raise SystemError("not a plain value")
for arguments in calls:
    start = clock()
    try:
        answer = {"value": plain(space[entry](*arguments))}
    except Exception as error:
        answer = {"error": [kind.__name__ for kind in type(error).__mro__]}
    answer["seconds"] = clock() - start
    write(out, (dumps(answer) + "\\n").encode())
"""


def kind(path):
    parts = path.name.split(".")
    return parts[1] if len(parts) == 3 and parts[2] == "py" else None


def of(contract_path):
    return sorted((contract_path.parent / "planted").glob(f"{contract_path.stem}.*.py"))


def run(path, entry, calls):
    """One answer for each call that the process lived to answer."""
    done = subprocess.run([sys.executable, "-IS", "-c", WORKER, str(path), entry], input=json.dumps(calls), capture_output=True,
                          text=True, timeout=SECONDS, cwd="/")
    return list(answers_in(done.stdout))


def answers_in(output):
    """The answers up to the first line that is none: what an answer forges there is not worth more than a wrong value."""
    for line in output.splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            return
        if not isinstance(answer, dict):
            return
        yield answer


def faults(c, space, path, quick):
    if c["language"] != "python":
        yield f"{path.name}: planted answers are for problems in Python"
        return
    inputs = [case for seed in references.SEEDS for case in references.cases(space, seed)]
    given = run(path, c["entry"], inputs + [contracts.decode(fault["args"]) for fault in c["faults"]])
    answers, refusals = given[:len(inputs)], given[len(inputs):]
    right = sum("value" in answer and same(answer["value"], space["best"](*case), c["order"]) for answer, case in zip(answers, inputs))
    refused = sum(fault["raises"] in answer.get("error", []) for answer, fault in zip(refusals, c["faults"]))
    yield from (f"{path.name}: {fault}" for fault in kind_faults(c, path, len(inputs), right, answers, refused))
    if kind(path) in ("good", "slow") and c["sizes"] and not quick:
        yield from (f"{path.name}: {fault}" for fault in speed_faults(c, space, path))


def kind_faults(c, path, total, right, answers, refused):
    name = kind(path)
    if name in ("good", "slow", "undocumented", "phantom", "swallowing") and right < total:
        yield f"only {right} of {total} inputs are answered rightly"
    if name == "wrong" and not total / 10 < right < total:
        yield f"{right} of {total} inputs are answered rightly; it must be some, but not all"
    if name == "cheating" and right > total / 2:
        yield f"{right} of {total} inputs are answered rightly: that is no cheat"
    if name == "raising" and any("value" in answer for answer in answers):
        yield "an input is answered instead of refused"
    if name in ("good", "slow", "wrong", "undocumented", "phantom") and refused < len(c["faults"]):
        yield f"only {refused} of {len(c['faults'])} faults are refused as the contract says"
    if name == "swallowing" and refused:
        yield f"{refused} faults are refused instead of swallowed"
    yield from documentation_faults(c, name, path)


def documentation_faults(c, name, path):
    text = docstring(path, c["entry"])
    documented = references.sections(text)
    wanted = {parameter["name"] for parameter in c["parameters"]}
    raised = {fault["raises"] for fault in c["faults"]}
    if name == "undocumented" and (text or "#" in path.read_text()):
        yield "it is documented"
    if name == "phantom" and not (set(documented["Args"]) - wanted and set(documented["Raises"]) - raised):
        yield "its docstring must name a parameter and an exception that do not exist"
    if name in ("good", "slow") and (set(documented["Args"]) != wanted or set(documented["Raises"]) != raised):
        yield "its docstring must name all parameters and exceptions, and no others"


def docstring(path, entry):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == entry:
            return ast.get_docstring(node) or ""
    return ""


def speed_faults(c, space, path):
    arguments = space["sized"](random.Random(1), c["sizes"][-1])
    times = sorted(answer["seconds"] for answer in run(path, c["entry"], [arguments] * 3))
    ratio = times[1] / references.costs(c, space)["best"]
    if kind(path) == "slow" and ratio < MIN_SLOWDOWN:
        yield f"takes {ratio:.1f} times best's time at the largest size; a slow answer must take {MIN_SLOWDOWN} or more"
    if kind(path) == "good" and ratio > MIN_SLOWDOWN:
        yield f"takes {ratio:.1f} times best's time at the largest size; a good answer must take less than {MIN_SLOWDOWN}"
