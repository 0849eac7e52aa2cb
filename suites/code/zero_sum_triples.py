"""References of zero_sum_triples: best O(n^2) by hashing over different values, good O(n^2) by two pointers, naive O(n^3)."""


def _check(numbers):
    if not isinstance(numbers, list) or not all(isinstance(x, int) for x in numbers):
        raise TypeError("numbers must be a list of integers")
    if any(abs(x) > 10**9 for x in numbers):
        raise ValueError("every number must be from -10^9 to 10^9")


def best(numbers: list[int]) -> list[list[int]]:
    """List the triples of numbers that add up to zero.

    Args:
        numbers: The numbers to choose from, 0 to 3000 integers from -10^9 to 10^9 in any order, repeats
            allowed.

    Returns:
        The different triples, each in ascending order.

    Raises:
        TypeError: If `numbers` is not a list, or holds anything but integers (floats are not).
        ValueError: If a number is below -10^9 or above 10^9.
    """
    _check(numbers)
    times = {}
    for x in numbers:
        times[x] = min(times.get(x, 0) + 1, 3)
    values = sorted(times)
    triples = []
    for i, a in enumerate(values):
        if a > 0:
            break
        for b in values[i if times[a] > 1 else i + 1:]:
            c = -a - b
            if c < b:
                break
            if c in times and times[c] >= (a == c) + (b == c) + 1:
                triples.append([a, b, c])
    return triples


def good(numbers):
    _check(numbers)
    numbers = sorted(numbers)
    triples = set()
    for i, a in enumerate(numbers):
        low, high = i + 1, len(numbers) - 1
        while low < high:
            total = a + numbers[low] + numbers[high]
            if total == 0:
                triples.add((a, numbers[low], numbers[high]))
            if total <= 0:
                low += 1
            else:
                high -= 1
    return [list(triple) for triple in triples]


def naive(numbers):
    _check(numbers)
    triples = []
    for i in range(len(numbers)):
        for j in range(i):
            for k in range(j):
                if numbers[i] + numbers[j] + numbers[k] == 0:
                    triple = sorted([numbers[i], numbers[j], numbers[k]])
                    if triple not in triples:
                        triples.append(triple)
    return triples


def inputs(rng):
    cases = [[[]], [[0]], [[0, 0]], [[0, 0, 0]], [[0] * 6], [[1, -1]], [[1, 0, -1]], [[1, 1, -2]], [[-1, -1, 2, 2]], [[1, 2, 3]], [[-1, 0, 1, 2, -1, -4]], [[10**9, -10**9, 0]], [[1, 1, 1, -2, -2]]]
    for _ in range(16):
        cases.append([[rng.randint(-8, 8) for _ in range(rng.randint(3, 14))]])
    return cases


def sized(rng, n):
    return [[rng.randint(-10**9, 10**9) for _ in range(n)]]
