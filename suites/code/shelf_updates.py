"""References of shelf_updates: best O(log n) an operation with two Fenwick trees, good O(log n) with a segment tree, naive O(n) an operation."""


def _check(count, operations):
    if not isinstance(count, int) or not isinstance(operations, list):
        raise TypeError("count must be an integer, operations a list")
    if not all(isinstance(x, list) and all(isinstance(y, int) for y in x) for x in operations):
        raise TypeError("an operation must be a list of integers")
    if count < 1 or any(len(x) not in (2, 3) or not 0 <= x[0] <= x[1] < count for x in operations):
        raise ValueError("count must be positive, an operation [first, last] or [first, last, amount] within the shelves")


def best(count: int, operations: list[list[int]]) -> list[int]:
    """Keep the totals of shelves under range updates.

    Args:
        count: How many shelves there are, numbered from 0; 1 to 10^5.
        operations: What happens, in order, 0 to 10^5 lists: `[first, last, amount]` adds the amount to each
            shelf from first to last (both included; the amount may be negative), `[first, last]` asks for
            the total of these shelves.

    Returns:
        The totals that were asked for.

    Raises:
        TypeError: If `count` is not an integer, `operations` is not a list, or an operation is not a list
            of integers.
        ValueError: If `count` is below 1, or an operation has not two or three numbers or not 0 <= first <=
            last < count.
    """
    _check(count, operations)
    # Two Fenwick trees: the total of shelves 0 to k is (k + 1) * slope(k) - offset(k).
    slopes, offsets = [0] * (count + 2), [0] * (count + 2)

    def add(at, amount):
        offset, k = at * amount, at + 1
        while k < len(slopes):
            slopes[k] += amount
            offsets[k] += offset
            k += k & -k

    def total(end):  # of the shelves before `end`
        slope = offset = 0
        k = end
        while k > 0:
            slope += slopes[k]
            offset += offsets[k]
            k &= k - 1
        return end * slope - offset

    answers = []
    for operation in operations:
        if len(operation) == 3:
            add(operation[0], operation[2])
            add(operation[1] + 1, -operation[2])
        else:
            answers.append(total(operation[1] + 1) - total(operation[0]))
    return answers


def good(count, operations):
    _check(count, operations)
    size = 1 << count.bit_length()
    sums, pending = [0] * (2 * size), [0] * (2 * size)

    def add(node, low, high, first, last, amount):
        if last < low or high < first:
            return
        if first <= low and high <= last:
            pending[node] += amount
            sums[node] += amount * (high - low + 1)
            return
        middle = (low + high) // 2
        add(2 * node, low, middle, first, last, amount)
        add(2 * node + 1, middle + 1, high, first, last, amount)
        sums[node] = sums[2 * node] + sums[2 * node + 1] + pending[node] * (high - low + 1)

    def total(node, low, high, first, last):
        if last < low or high < first:
            return 0
        if first <= low and high <= last:
            return sums[node]
        middle = (low + high) // 2
        inside = min(high, last) - max(low, first) + 1
        return (total(2 * node, low, middle, first, last) + total(2 * node + 1, middle + 1, high, first, last) + pending[node] * inside)

    answers = []
    for first, last, *amount in operations:
        if amount:
            add(1, 0, size - 1, first, last, amount[0])
        else:
            answers.append(total(1, 0, size - 1, first, last))
    return answers


def naive(count, operations):
    _check(count, operations)
    shelves, answers = [0] * count, []
    for operation in operations:
        if len(operation) == 2:
            answers.append(sum(shelves[operation[0]:operation[1] + 1]))
            continue
        for k in range(operation[0], operation[1] + 1):
            shelves[k] += operation[2]
    return answers


def inputs(rng):
    cases = [[1, []], [1, [[0, 0]]], [1, [[0, 0, 5], [0, 0]]], [3, [[0, 2, 1], [0, 2], [1, 1], [2, 2]]], [4, [[1, 2, -3], [0, 3], [0, 0], [3, 3]]], [5, [[0, 4, 10**6], [4, 4, -10**6], [0, 4], [4, 4]]], [2, [[0, 0, 1], [1, 1, 2], [0, 1]]]]
    for _ in range(18):
        count, operations = rng.randint(2, 20), []
        for _ in range(rng.randint(3, 25)):
            first, last = sorted(rng.randrange(count) for _ in range(2))
            operations.append([first, last] + ([rng.randint(-9, 9)] if rng.random() < 0.5 else []))
        cases.append([count, operations])
    return cases


def sized(rng, n):
    return [8 * n, [[k % 5, 8 * n - 1 - k % 7] + ([k] if k % 2 == 0 else []) for k in range(n // 2)]]
