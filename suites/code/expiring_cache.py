"""References of expiring_cache: best O(1) an operation by dropping what expired, good counts at each question, naive O(n^2) by looking at all earlier operations."""


def _check(lifetime, operations):
    if not isinstance(lifetime, int) or not isinstance(operations, list):
        raise TypeError("lifetime must be an integer, operations a list")
    if not all(isinstance(x, list) and all(isinstance(y, int) for y in x) for x in operations):
        raise TypeError("an operation must be a list of integers")
    if lifetime < 1:
        raise ValueError("lifetime must be positive")
    now = 0
    for operation in operations:
        if not 1 <= len(operation) <= 3 or operation[0] < now:
            raise ValueError("an operation must have 1 to 3 numbers, and its time must not go back")
        now = operation[0]


def best(lifetime: int, operations: list[list[int]]) -> list[int]:
    """Simulate a cache whose entries expire.

    Args:
        lifetime: For how many milliseconds an entry is valid, 1 to 10^9.
        operations: What happens, 0 to 10^5 lists in order of time: `[time, key, value]` stores, `[time,
            key]` reads, `[time]` asks for the size; times from 0 to 10^12, each at least as great as the
            one before it.

    Returns:
        The answers to reads and questions for the size.

    Raises:
        TypeError: If `lifetime` is not an integer, `operations` is not a list, or an operation is not a
            list of integers.
        ValueError: If `lifetime` is below 1, an operation is empty or has more than three numbers, or a
            time is negative or before the time of the operation before it.
    """
    _check(lifetime, operations)
    entries, answers = {}, []  # key: (value, time of storing), in order of storing
    for operation in operations:
        now = operation[0]
        while entries:
            oldest = next(iter(entries))
            if entries[oldest][1] + lifetime > now:
                break
            del entries[oldest]
        if len(operation) == 3:
            entries.pop(operation[1], None)
            entries[operation[1]] = (operation[2], now)
        elif len(operation) == 2:
            answers.append(entries.get(operation[1], (-1, 0))[0])
        else:
            answers.append(len(entries))
    return answers


def good(lifetime, operations):
    _check(lifetime, operations)
    values, until, answers = {}, {}, []
    for now, *rest in operations:
        if len(rest) == 2:
            values[rest[0]], until[rest[0]] = rest[1], now + lifetime
        elif len(rest) == 1:
            answers.append(values[rest[0]] if until.get(rest[0], 0) > now else -1)
        else:
            answers.append(sum(1 for end in until.values() if end > now))
    return answers


def naive(lifetime, operations):
    _check(lifetime, operations)
    answers = []
    for k, operation in enumerate(operations):
        if len(operation) == 3:
            continue
        valid = {}
        for earlier in operations[:k]:
            if len(earlier) == 3:
                valid.pop(earlier[1], None)
                if operation[0] - earlier[0] < lifetime:
                    valid[earlier[1]] = earlier[2]
        answers.append(valid.get(operation[1], -1) if len(operation) == 2 else len(valid))
    return answers


def inputs(rng):
    cases = [[1, []], [1, [[0]]], [5, [[0, 7]]], [5, [[0, 7, 1], [4, 7], [5, 7]]], [5, [[0, 7, 1], [3, 7, 2], [6, 7], [8, 7], [8]]], [1, [[0, 1, 1], [0, 1], [0], [1, 1], [1]]], [10**9, [[0, 1, 5], [10**9 - 1, 1], [10**9, 1]]], [3, [[2, 1, 1], [2, 2, 2], [4, 3, 3], [4], [5], [7]]]]
    for _ in range(16):
        now, operations = 0, []
        for _ in range(rng.randint(3, 40)):
            now += rng.choice([0, 0, 1, 2, 5])
            key = rng.randint(-3, 3)
            operations.append(rng.choice([[now, key, rng.randint(0, 99)], [now, key], [now]]))
        cases.append([rng.randint(1, 12), operations])
    return cases


def sized(rng, n):
    operations = []
    for k in range(n):
        operations += [[2 * k, k, k], [2 * k + 1]]
    return [n, operations]
