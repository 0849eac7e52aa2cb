"""Runs inside the sandbox, beside the candidate's code and at its mercy: imports candidate.py, calls its functions
with JSON inputs, returns JSON values. Nothing it says is a verdict."""
import base64
import builtins
import collections
import importlib.util
import io
import json
import math
import os
import sys

MAX_DEPTH = 40
MAX_TEXT = 2000


DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)  # equal to a dict of the same items


class Unspeakable(Exception):
    """The value has no JSON form."""


class Raising:
    """An argument that raises when it is used: called, iterated, indexed, measured, searched."""

    def __init__(self, name):
        known = getattr(builtins, name, None)
        is_exception = isinstance(known, type) and issubclass(known, BaseException)
        self.kind = known if is_exception else type(name, (Exception,), {})

    def use(self, *_args, **_named):
        raise self.kind("raised by the argument")

    __call__ = __iter__ = __next__ = __getitem__ = __len__ = __contains__ = use


def encode(value, depth=0):
    """Exact types of Python's own only: an instance of a subclass would bring its own methods along."""
    if depth > MAX_DEPTH:
        raise Unspeakable("nested deeper than %d" % MAX_DEPTH)
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -2**63 <= value < 2**63 else {"$int": str(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list or kind is tuple:
        items = [encode(item, depth + 1) for item in value]
        return items if kind is list else {"$tuple": items}
    if kind is set or kind is frozenset:
        return {"$set": sorted((encode(item, depth + 1) for item in value), key=lambda x: json.dumps(x))}
    if kind is bytes or kind is bytearray:
        return {"$bytes": base64.b64encode(value).decode()}
    if kind in DICTS:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: encode(item, depth + 1) for key, item in value.items()}
        return {"$dict": [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]}
    if kind is Raising:
        return {"$raises": value.kind.__name__}
    raise Unspeakable("a value of type %s" % kind.__name__)


def decode(value):
    if type(value) is list:
        return [decode(item) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        (key, inner), = value.items()
        forms = {"$int": int, "$float": float, "$bytes": base64.b64decode,
                 "$tuple": lambda x: tuple(decode(x)), "$set": lambda x: set(decode(x)),
                 "$dict": lambda x: {decode(k): decode(v) for k, v in x}, "$raises": Raising}
        if key in forms:
            return forms[key](inner)
    return {key: decode(item) for key, item in value.items()}


def text_of(error):
    try:
        return str(error)[:MAX_TEXT]
    except BaseException:
        return ""


def describe(error):
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind is not object]
    return {"class": kinds[0], "bases": kinds[1:], "message": text_of(error)}


def load():
    spec = importlib.util.spec_from_file_location("candidate", "candidate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["candidate"] = module
    spec.loader.exec_module(module)
    return module


def call(module, kept, request):
    """The reply's members. A request keeps arguments for a later one, or calls a function; no name calls nothing."""
    if "keep" in request:
        kept[:] = [[decode(item) for item in request["keep"]]]
        return {"value": None}
    args = kept.pop() if "kept" in request else [decode(item) for item in request["args"]]
    named = {key: decode(item) for key, item in request.get("named", {}).items()}
    if not request["function"]:
        return {"value": None}
    target = module
    for part in request["function"].split("."):
        target = getattr(target, part)
    try:
        reply = {"value": encode(target(*args, **named))}
    except BaseException as error:
        reply = {"error": describe(error)}
    if "report_args" in request:
        reply["args"] = [encode(item) for item in args]
    return reply


def answer(number, compute):
    try:
        return {"id": number, **compute()}
    except BaseException as error:
        return {"id": number, "error": describe(error)}


def flush_prints():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def read_exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        os._exit(0)
    return data


def main():
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the candidate's input() ends at once
    os.dup2(2, 1)                                 # and its prints are no frames

    def reply(message):
        flush_prints()
        data = json.dumps(message, allow_nan=False).encode("utf-8", "replace")
        replies.write(len(data).to_bytes(4, "little") + data)
        replies.flush()

    module = None

    def start():
        nonlocal module
        module = load()
        return {"value": None}

    kept = []
    reply(answer(0, start))
    while True:
        size = int.from_bytes(read_exactly(requests, 4), "little")
        request = json.load(io.BytesIO(read_exactly(requests, size)))
        reply(answer(request["id"], lambda: call(module, kept, request)))


main()
