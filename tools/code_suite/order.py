"""When two results are the same, by the contract's `order`."""
import json
import math


def key(value):
    return json.dumps(value, sort_keys=True)


def same(a, b, order):
    if order == "float":
        return close(a, b)
    if isinstance(a, list) and isinstance(b, list) and order == "any":
        return sorted(map(key, a)) == sorted(map(key, b))
    if isinstance(a, list) and isinstance(b, list) and order == "set":
        return set(map(key, a)) == set(map(key, b))
    return type(a) is type(b) and a == b


def close(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(close, a, b))
    numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b))
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) if numbers else type(a) is type(b) and a == b
