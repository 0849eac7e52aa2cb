"""Runs inside a sandbox of its own: turns the asserts of a published test into calls and expected values, where that
can be done, so that a candidate can be called without ever seeing them."""
import ast

BUILDERS = {"set": set, "frozenset": frozenset, "tuple": tuple, "list": list, "dict": dict}
KNOWN = set(BUILDERS) | {"abs", "len", "sorted", "round", "math", "sum", "max", "min", "str", "float", "int"}
NODES = (ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop,
         ast.Load)


class NotACall(Exception):
    """This assert does more than compare a call with a literal."""


def speakable(value):
    """Whether the driver's JSON has a form for it."""
    if isinstance(value, dict):
        return all(speakable(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(speakable(part) for part in value)
    return value is None or isinstance(value, (bool, int, float, str, bytes))


def value_of(node):
    """Of an expression of literals, arithmetic, and the builders of collections."""
    for part in ast.walk(node):
        named = isinstance(part, ast.Name) and part.id in BUILDERS
        if not (named or isinstance(part, NODES + (ast.Call,))) or (isinstance(part, ast.Call) and part.keywords):
            raise NotACall
        if isinstance(part, ast.Call) and not isinstance(part.func, ast.Name):
            raise NotACall
    try:
        value = eval(compile(ast.Expression(node), "literal", "eval"), {"__builtins__": {}, **BUILDERS})
    except Exception as error:
        raise NotACall from error
    if not speakable(value):
        raise NotACall
    return value


def literal(text):
    """The value of a Python literal."""
    return ast.literal_eval(text.strip())


def arguments_of(node, names):
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    if not is_call or node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        raise NotACall
    return [value_of(arg) for arg in node.args]


def call_of(test, names):
    """The arguments and the expected value of `assert f(...) == literal`, in either order."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], (ast.Eq, ast.Is)):
        raise NotACall
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], ast.Is) and not isinstance(getattr(right, "value", 0), (bool, type(None))):
        raise NotACall
    try:
        return [arguments_of(left, names), value_of(right)]
    except NotACall:
        return [arguments_of(right, names), value_of(left)]


def entry_in(tree):
    """The function that the asserts call: the first name called that Python does not have itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            for part in ast.walk(node.test):
                if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id not in KNOWN:
                    return part.func.id
    return ""


def calls_of(text, entry):
    """`entry` may be empty: then the asserts say what is called. A body `def check(candidate)` is looked into.
    `complete` is false where anything else than plain asserts stands there, or where none does."""
    tree = ast.parse(text)
    entry = entry or entry_in(tree)
    calls, complete = [], bool(entry)
    for node in tree.body:
        checks = isinstance(node, ast.FunctionDef) and node.name == "check"
        for statement in (node.body if checks else [node]):
            constant = isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Constant)
            data = isinstance(statement, (ast.Assign, ast.Expr, ast.Pass)) and not checks
            if (constant and statement.test.value) or data:
                continue
            if isinstance(statement, ast.Pass) or (isinstance(statement, ast.Expr)
                                                   and isinstance(statement.value, ast.Constant)):
                continue
            try:
                if not isinstance(statement, ast.Assert):
                    raise NotACall
                calls.append(call_of(statement.test, {entry, "candidate"}))
            except NotACall:
                complete = False
    return {"entry": entry, "calls": calls, "complete": complete and bool(calls)}
