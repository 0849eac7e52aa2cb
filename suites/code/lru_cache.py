"""References of lru_cache: best O(1) an operation, good O(capacity) in C, naive O(capacity) in Python."""


def _check(capacity, operations):
    if not isinstance(capacity, int):
        raise TypeError("capacity must be an integer")
    if capacity < 1:
        raise ValueError("capacity must be at least 1")
    if not isinstance(operations, list):
        raise TypeError("operations must be a list")
    for operation in operations:
        if not isinstance(operation, list) or not all(isinstance(x, int) for x in operation):
            raise TypeError("an operation must be a list of integers")
        if (len(operation), operation[:1]) not in ((2, [0]), (3, [1])):
            raise ValueError("an operation must be [0, key] or [1, key, value]")


def best(capacity: int, operations: list[list[int]]) -> list[int]:
    """Simulate a cache that drops the least recently used key.

    Args:
        capacity: How many keys the cache holds, from 1 to 10^5.
        operations: What to do, in order, 0 to 10^5 lists: `[0, key]` reads a key, `[1, key, value]` stores
            one; keys and values from -10^9 to 10^9.

    Returns:
        The values of the reads in order, -1 for each key that was not in the cache.

    Raises:
        TypeError: If `capacity` is not an integer, `operations` is not a list, or an operation is not a
            list of integers.
        ValueError: If `capacity` is below 1, or an operation is neither `[0, key]` nor `[1, key, value]`.
    """
    _check(capacity, operations)
    cache = {}  # in order of use: a dict keeps the order of insertion
    reads = []
    for operation in operations:
        key = operation[1]
        if operation[0] == 0:
            if key in cache:
                cache[key] = cache.pop(key)
            reads.append(cache.get(key, -1))
            continue
        cache.pop(key, None)
        cache[key] = operation[2]
        if len(cache) > capacity:
            del cache[next(iter(cache))]
    return reads


def good(capacity, operations):
    _check(capacity, operations)
    values, order, reads = {}, [], []
    for operation in operations:
        key = operation[1]
        if key in values:
            order.remove(key)
            order.append(key)
        if operation[0] == 0:
            reads.append(values.get(key, -1))
            continue
        if key not in values:
            order.append(key)
        values[key] = operation[2]
        if len(values) > capacity:
            del values[order.pop(0)]
    return reads


def naive(capacity, operations):
    _check(capacity, operations)
    entries, reads = [], []  # entries: [key, value, time of last use]
    for time, operation in enumerate(operations):
        found = None
        for entry in entries:
            if entry[0] == operation[1]:
                found = entry
        if found:
            found[2] = time
        if operation[0] == 0:
            reads.append(found[1] if found else -1)
        elif found:
            found[1] = operation[2]
        else:
            entries.append([operation[1], operation[2], time])
            if len(entries) > capacity:
                oldest = entries[0]
                for entry in entries:
                    if entry[2] < oldest[2]:
                        oldest = entry
                entries.remove(oldest)
    return reads


def inputs(rng):
    cases = [[1, []], [1, [[0, 5]]], [1, [[1, 5, 6], [0, 5]]], [1, [[1, 1, 1], [1, 2, 2], [0, 1], [0, 2]]],
             [2, [[1, 1, 1], [1, 2, 2], [0, 1], [1, 3, 3], [0, 2], [0, 1], [0, 3]]],
             [2, [[1, 1, 1], [1, 2, 2], [1, 1, 9], [1, 3, 3], [0, 1], [0, 2]]], [3, [[1, -7, -1], [0, -7], [0, 7]]]]
    for _ in range(16):
        keys = rng.randint(2, 8)
        operations = [[0, rng.randint(0, keys)] if rng.random() < 0.5 else [1, rng.randint(0, keys), rng.randint(-9, 9)]
                      for _ in range(rng.randint(5, 60))]
        cases.append([rng.randint(1, 6), operations])
    return cases


def sized(rng, n):
    capacity = n // 4
    keys = [k % (capacity + 1) for k in range(n)]  # each key is asked for just after it was dropped
    return [capacity, [[1, key, k] if k < capacity or k % 2 else [0, key] for k, key in enumerate(keys)]]
