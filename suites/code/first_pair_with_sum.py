"""References of first_pair_with_sum: best O(n) by hashing, good O(n log n) by sorting and two pointers, naive O(n^2) over all pairs."""


def _check(numbers, target):
    if not isinstance(numbers, list) or not all(isinstance(x, int) for x in numbers):
        raise TypeError("numbers must be a list of integers")
    if not isinstance(target, int):
        raise TypeError("target must be an integer")
    if len(numbers) < 2:
        raise ValueError("numbers must hold at least two values")


def best(numbers: list[int], target: int) -> list[int]:
    """Find the earliest pair of positions whose values have a given sum.

    Args:
        numbers: The values to choose from, 2 to 10^5 integers from -10^9 to 10^9 in any order, repeats
            allowed.
        target: The sum that the pair must have, from -2*10^9 to 2*10^9.

    Returns:
        The positions `[i, j]` with i < j, or an empty list where no pair fits.

    Raises:
        TypeError: If `numbers` is not a list, or holds anything but integers, or `target` is not an
            integer.
        ValueError: If `numbers` holds fewer than two values.
    """
    _check(numbers, target)
    first_seen = {}
    for j, value in enumerate(numbers):
        i = first_seen.get(target - value)
        if i is not None:
            return [i, j]
        first_seen.setdefault(value, j)
    return []


def good(numbers, target):
    _check(numbers, target)
    order = sorted(range(len(numbers)), key=lambda k: (numbers[k], k))
    found = []
    low, high = 0, len(order) - 1
    while low <= high:
        total = numbers[order[low]] + numbers[order[high]]
        if total < target:
            low += 1
        elif total > target:
            high -= 1
        else:
            small, large = numbers[order[low]], numbers[order[high]]
            lefts = [k for k in order[low:high + 1] if numbers[k] == small]
            rights = [k for k in order[low:high + 1] if numbers[k] == large]
            if small == large:
                if len(lefts) > 1:
                    found.append((lefts[1], lefts[0]))
                break
            i, j = lefts[0], rights[0]
            found.append((max(i, j), min(i, j)))
            low += len(lefts)
            high -= len(rights)
    if not found:
        return []
    j, i = min(found)
    return [i, j]


def naive(numbers, target):
    _check(numbers, target)
    for j in range(len(numbers)):
        for i in range(j):
            if numbers[i] + numbers[j] == target:
                return [i, j]
    return []


def inputs(rng):
    cases = [[[1, 2], 3], [[1, 2], 4], [[5, 5], 10], [[5, 1], 10], [[3, 3, 3], 6], [[-4, 9, 4, -9], 0], [[0, 0, 0], 0],
             [[10**9, -10**9, 10**9], 2 * 10**9], [[1, 2, 3, 4, 5], 9], [[5, 4, 3, 2, 1], 5], [[1, 3, 2, 2, 3], 5]]
    for _ in range(20):
        numbers = [rng.randint(-20, 20) for _ in range(rng.randint(2, 30))]
        cases.append([numbers, rng.randint(-40, 40)])
    return cases


def sized(rng, n):
    numbers = [2 * k for k in range(n)]  # even numbers never reach an odd sum
    rng.shuffle(numbers)
    return [numbers, 2 * n + 1]
