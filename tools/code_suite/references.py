"""The references of a problem (suites/code/NAME.py): that they agree, refuse the faults, are documented, and that
their costs differ."""
import builtins
import copy
import inspect
import json
import math
import random
import re
import statistics
import time

from . import contract as contracts
from .order import same

ROLES = ("best", "good", "naive")
SEEDS = (1, 2, 3)
MAX_DUPLICATES = 3
MIN_RATIO = 8      # naive over best at the largest size
MEASUREMENTS = 5   # the median of so many


def load(path):
    """The functions of the file, and what is missing."""
    space = {"__name__": path.stem}
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)
    except Exception as error:
        return None, [f"{path.name} cannot be loaded: {type(error).__name__}: {error}"]
    missing = [name for name in ROLES + ("inputs", "sized") if not inspect.isfunction(space.get(name))]
    return space, [f"{path.name} does not define {name}" for name in missing]


def faults(c, space):
    """All that needs no clock."""
    names = [parameter["name"] for parameter in c["parameters"]]
    for role in ROLES:
        has = list(inspect.signature(space[role]).parameters)
        if has != names:
            yield f"{role} takes {has}, the contract says {names}"
            return
    yield from _input_faults(c, space)
    yield from _sized_faults(c, space)
    yield from _refusal_faults(c, space)
    yield from _docstring_faults(c, space)


def cases(space, seed):
    return space["inputs"](random.Random(seed))


def _input_faults(c, space):
    for seed in SEEDS:
        inputs = cases(space, seed)
        if inputs != cases(space, seed):
            yield f"seed {seed}: the inputs differ from one call to the next"
        if not 20 <= len(inputs) <= 40:
            yield f"seed {seed}: {len(inputs)} inputs; it must be 20 to 40"
        texts = [json.dumps(arguments, sort_keys=True) for arguments in inputs]
        if len(texts) - len(set(texts)) > MAX_DUPLICATES:
            yield f"seed {seed}: {len(texts) - len(set(texts))} inputs are there twice"
        if not any(map(contracts.is_edge, inputs)):
            yield f"seed {seed}: no input is an edge case (empty, single, all equal, 0, 1 or huge)"
        results = set()
        for arguments in inputs:
            yield from _case_faults(c, space, arguments, results)
        if len(results) < 2:
            yield f"seed {seed}: every input has the same result"


def _case_faults(c, space, arguments, results):
    where = short(arguments)
    if len(arguments) != len(c["parameters"]) or not all(contracts.fits(a, p["type"]) for a, p in zip(arguments, c["parameters"])):
        yield f"input {where} has not the parameters' types"
        return
    expected = None
    for role in ROLES:
        given = copy.deepcopy(arguments)
        try:
            result = space[role](*given)
        except Exception as error:
            yield f"{role}{where} raises {type(error).__name__}: {error}"
            return
        if not c["mutates"] and given != arguments:
            yield f"{role}{where} changes its arguments"
        if c["returns"] is not None and not contracts.fits(result, c["returns"]["type"]):
            yield f"{role}{where} returns {short(result)}, not a {c['returns']['type']}"
        if role == "best":
            expected = result
            results.add(json.dumps(result, sort_keys=True))
        elif not same(result, expected, c["order"]):
            yield f"{role}{where} returns {short(result)}, best returns {short(expected)}"


def _sized_faults(c, space):
    for size in c["sizes"]:
        arguments = space["sized"](random.Random(1), size)
        if len(arguments) != len(c["parameters"]) or not all(contracts.fits(a, p["type"]) for a, p in zip(arguments, c["parameters"])):
            yield f"sized({size}) has not the parameters' types"


def _refusal_faults(c, space):
    for fault in c["faults"]:
        named = contracts.RAISED_BY_REFERENCES[c["language"]].get(fault["raises"])
        wanted = getattr(builtins, named) if named else None
        for role in ROLES:
            try:
                result = space[role](*contracts.decode(fault["args"]))
            except Exception as error:
                if wanted is None or not isinstance(error, wanted):
                    yield f"{role}{short(fault['args'])} raises {type(error).__name__}, not {named}: {error}"
            else:
                yield f"{role}{short(fault['args'])} returns {short(result)} instead of raising {named}"


def _docstring_faults(c, space):
    documented = sections(inspect.getdoc(space["best"]) or "")
    for parameter in c["parameters"]:
        if parameter["name"] not in documented["Args"]:
            yield f"best's docstring does not document {parameter['name']}"
    if c["returns"] is not None and not documented["Returns"]:
        yield "best's docstring does not document the return value"
    raised = {contracts.RAISED_BY_REFERENCES[c["language"]].get(fault["raises"]) for fault in c["faults"]}
    for name in sorted(raised - set(documented["Raises"]), key=str):
        yield f"best's docstring does not document {name}"
    for name in sorted(set(documented["Raises"]) - raised):
        yield f"best's docstring documents {name}, which no fault shows"


def sections(docstring):
    """The names under Args and Raises of a Google-style docstring, and the lines under Returns."""
    found = {"Args": [], "Returns": [], "Raises": []}
    at = None
    for line in docstring.splitlines():
        head = re.fullmatch(r"(\w+):", line)
        if head:
            at = head[1]
        elif at == "Returns" and line.strip():
            found[at].append(line.strip())
        elif at in ("Args", "Raises"):
            entry = re.match(r"    (\w+)(?: \([^)]*\))?: \S", line)
            if entry:
                found[at].append(entry[1])
    return found


def costs(c, space):
    """Median CPU seconds of each role at the largest size, measured in turn so that a slow moment hits all."""
    arguments = space["sized"](random.Random(1), c["sizes"][-1])
    seconds = {role: [] for role in ROLES}
    for _ in range(MEASUREMENTS):
        for role in ROLES:
            given = copy.deepcopy(arguments)
            start = time.process_time()
            space[role](*given)
            seconds[role].append(time.process_time() - start)
    return {role: statistics.median(values) for role, values in seconds.items()}


def cost_faults(c, space, seconds):
    ratio = seconds["naive"] / seconds["best"]
    if ratio < MIN_RATIO:
        yield f"naive costs {ratio:.1f} times best's time at size {c['sizes'][-1]}; it must be {MIN_RATIO} or more"
    if seconds["good"] < seconds["best"] / 2:  # less is noise
        yield f"good takes {seconds['good'] / seconds['best']:.2f} times best's time: it is the better one"
    if seconds["good"] * 1.5 > seconds["naive"]:
        yield f"naive takes {seconds['naive'] / seconds['good']:.2f} times good's time: good is not a class better"
    arguments = space["sized"](random.Random(1), c["sizes"][0])
    results = [space[role](*copy.deepcopy(arguments)) for role in ROLES]
    if not (same(results[0], results[1], c["order"]) and same(results[0], results[2], c["order"])):
        yield f"the references disagree at size {c['sizes'][0]}"


def place(seconds):
    """Where good stands: 0 is naive's cost, 1 best's, on a logarithmic scale."""
    return math.log(seconds["naive"] / seconds["good"]) / math.log(seconds["naive"] / seconds["best"])


def short(value):
    text = json.dumps(value, default=repr)
    text = text if len(text) <= 90 else text[:87] + "..."
    return "(" + text[1:-1] + ")" if isinstance(value, list) and len(text) <= 90 else text
