"""The contract of a problem (suites/code/NAME.json): reading it, and what is wrong with its form."""
import ast
import json
import math
import re

KEYS = ["id", "level", "tags", "language", "entry", "parameters", "returns", "prompt", "order", "faults", "sizes", "mutates"]
CATEGORIES = {"type", "range", "empty", "none", "huge", "callback", "halfway"}
ORDERS = {"exact", "any", "set", "float"}
# What the Python references raise for an exception of the candidate's language.
RAISED_BY_REFERENCES = {
    "python": {name: name for name in ("TypeError", "ValueError", "IndexError", "KeyError", "OverflowError", "ZeroDivisionError")},
    "cpp": {"std::invalid_argument": "ValueError", "std::out_of_range": "IndexError", "std::overflow_error": "OverflowError"},
    "javascript": {"TypeError": "TypeError", "RangeError": "ValueError"},
}
# C++ is typed and JavaScript's numbers are exact to 2^53 only.
PARAMETER_TYPES = {"python": {"int", "float", "bool", "str", "list", "dict", "tuple", "None"},
                   "cpp": {"int", "float", "bool", "str", "list"}, "javascript": {"int", "float", "bool", "str", "list", "dict"}}


def decode(value):
    """A JSON value of the contract as Python's: {"$float": "nan"} and its kin are what JSON cannot say."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    forms = {"$int": int, "$float": float, "$tuple": lambda x: tuple(decode(x)), "$set": lambda x: set(decode(x)),
             "$bytes": lambda x: __import__("base64").b64decode(x),
             "$dict": lambda x: {key: item for key, item in decode(x)}}
    if len(value) == 1 and next(iter(value)) in forms:
        key, inner = next(iter(value.items()))
        return forms[key](inner)
    return {key: decode(item) for key, item in value.items()}


def type_names(expression):
    """The names in a type expression; raises ValueError where it is not one."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        raise ValueError(f"type '{expression}' is no Python expression")
    allowed = (ast.Expression, ast.Name, ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr, ast.Constant, ast.Load)
    for node in ast.walk(tree):
        if not isinstance(node, allowed) or (isinstance(node, ast.Constant) and node.value is not None):
            raise ValueError(f"type '{expression}' is made of more than names, [], | and None")
    return {node.id if isinstance(node, ast.Name) else "None" for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.Constant))}


def fits(value, expression):
    return _fits(value, ast.parse(expression, mode="eval").body)


def _fits(value, node):
    if isinstance(node, ast.Constant):
        return value is None
    if isinstance(node, ast.BinOp):
        return _fits(value, node.left) or _fits(value, node.right)
    if isinstance(node, ast.Name):
        kinds = {"int": (int,), "float": (int, float), "bool": (bool,), "str": (str,), "list": (list,), "dict": (dict,), "tuple": (tuple,)}
        return type(value) in kinds[node.id]
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if node.value.id == "list":
        return type(value) is list and all(_fits(item, inner[0]) for item in value)
    if node.value.id == "dict":
        return type(value) is dict and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    return type(value) is tuple and len(value) == len(inner) and all(map(_fits, value, inner))


def load(path):
    """The contract, and what is wrong with its form."""
    try:
        contract = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return None, [f"not JSON: {error}"]
    if not isinstance(contract, dict) or list(contract) != KEYS:
        return None, [f"the keys must be {', '.join(KEYS)}, in this order"]
    try:
        return contract, list(_form_faults(contract, path.stem))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [f"malformed contract: {type(error).__name__}: {error}"]


def _form_faults(c, stem):
    if c["id"] != stem or not re.fullmatch(r"[a-z][a-z0-9_]*", c["id"]):
        yield f"id '{c['id']}' must be the file's name, in snake_case"
    if type(c["level"]) is not int or not 1 <= c["level"] <= 6:
        yield f"level {c['level']} is not from 1 to 6"
    if not c["tags"] or not all(isinstance(tag, str) and tag for tag in c["tags"]):
        yield "tags must be a list of words, at least one"
    if c["language"] not in RAISED_BY_REFERENCES:
        yield f"language '{c['language']}' is none of {', '.join(RAISED_BY_REFERENCES)}"
        return
    if not str(c["entry"]).isidentifier():
        yield f"entry '{c['entry']}' is no name of a function"
    if c["order"] not in ORDERS:
        yield f"order '{c['order']}' is none of {', '.join(sorted(ORDERS))}"
    if c["sizes"] != sorted(set(c["sizes"])) or len(c["sizes"]) == 1 or not all(type(n) is int and n > 0 for n in c["sizes"]):
        yield f"sizes {c['sizes']} must be two or more growing numbers, or none"
    if type(c["mutates"]) is not bool:
        yield "mutates must be true or false"
    yield from _type_faults(c)
    yield from _fault_faults(c)
    yield from _prompt_faults(c)


def _type_faults(c):
    if not c["parameters"]:
        yield "a function without parameters has nothing to test"
    for parameter in c["parameters"]:
        if list(parameter) != ["name", "type", "constraint"] or not parameter["name"].isidentifier() or len(parameter["constraint"]) < 10:
            yield f"parameter {parameter} must have a name, a type and a constraint in words"
    types = [parameter["type"] for parameter in c["parameters"]] + ([c["returns"]["type"]] if c["returns"] is not None else [])
    for expression in types:
        unknown = type_names(expression) - PARAMETER_TYPES[c["language"]]
        if unknown:
            yield f"type '{expression}': {', '.join(sorted(unknown))} is not for {c['language']}"


def _fault_faults(c):
    if not 4 <= len(c["faults"]) <= 8:
        yield f"{len(c['faults'])} faults; it must be 4 to 8"
    for fault in c["faults"]:
        if list(fault) != ["args", "raises", "category"] or fault["category"] not in CATEGORIES:
            yield f"fault {fault} must have args, raises and one of the categories {', '.join(sorted(CATEGORIES))}"
        elif fault["raises"] not in RAISED_BY_REFERENCES[c["language"]]:
            yield f"fault {fault}: {fault['raises']} is not an exception that {c['language']} problems may ask for"
        elif len(fault["args"]) != len(c["parameters"]):
            yield f"fault {fault}: {len(fault['args'])} arguments for {len(c['parameters'])} parameters"
        elif c["language"] == "cpp" and not all(fits(decode(a), p["type"]) for a, p in zip(fault["args"], c["parameters"])):
            yield f"fault {fault} cannot be written in C++: an argument has not its parameter's type"
    for fault in c["faults"]:
        for word in sorted(set(_unspoken(decode(fault["args"]))) - set(re.findall(r"\w+", c["prompt"]))):
            yield f"fault {fault}: the prompt does not say what holds for {word}"
    texts = [json.dumps(fault["args"]) for fault in c["faults"]]
    if len(set(texts)) < len(texts):
        yield "two faults are the same call"


def _unspoken(value):
    """Whether True is an integer, or 2.0, is for the prompt to say."""
    if isinstance(value, bool):
        yield "bools"
    elif isinstance(value, float) and value.is_integer():
        yield "floats"
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _unspoken(item)


def _prompt_faults(c):
    wanted = [c["entry"]] + [p["name"] for p in c["parameters"]] + [fault["raises"] for fault in c["faults"]]
    for word in dict.fromkeys(wanted):
        if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", c["prompt"]):
            yield f"the prompt does not mention {word}"


def is_edge(arguments):
    """Empty, single, all equal, two arguments the same, or a number where off-by-one errors show."""
    def edge(value):
        if isinstance(value, (int, float)):
            return value in (-1, 0, 1) or abs(value) >= 10**9 or not math.isfinite(value)
        return value is None or len(value) <= 1 or (isinstance(value, (list, str)) and all(item == value[0] for item in value))
    repeated = any(a == b for k, a in enumerate(arguments) for b in arguments[:k])
    return repeated or any(map(edge, arguments))
