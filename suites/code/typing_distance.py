"""References of typing_distance: best O(n^2) with three rows, good O(n^2) with a dict, naive exponential."""


def _check(typed, wanted):
    if not isinstance(typed, str) or not isinstance(wanted, str):
        raise TypeError("typed and wanted must be strings")
    if len(typed) > 2000 or len(wanted) > 2000:
        raise ValueError("at most 2000 characters are allowed")


def best(typed: str, wanted: str) -> int:
    """Count the least corrections between two texts.

    Args:
        typed: What was typed, 0 to 2000 characters.
        wanted: What should have been typed, 0 to 2000 characters.

    Returns:
        The least total cost.

    Raises:
        TypeError: If `typed` or `wanted` is not a string.
        ValueError: If `typed` or `wanted` has more than 2000 characters.
    """
    _check(typed, wanted)
    before, row = [], list(range(len(wanted) + 1))
    for i, letter in enumerate(typed):
        older, before, row = before, row, [i + 1]
        for j, other in enumerate(wanted):
            cost = min(before[j] + (letter != other), before[j + 1] + 1, row[j] + 1)
            if i and j and letter == wanted[j - 1] and other == typed[i - 1]:
                cost = min(cost, older[j - 1] + 1)
            row.append(cost)
    return row[-1]


def good(typed, wanted):
    _check(typed, wanted)
    cost = {}
    for i in range(len(typed) + 1):
        for j in range(len(wanted) + 1):
            if i == 0 or j == 0:
                cost[i, j] = i + j
                continue
            cost[i, j] = min(cost[i - 1, j] + 1, cost[i, j - 1] + 1, cost[i - 1, j - 1] + (typed[i - 1] != wanted[j - 1]))
            if i > 1 and j > 1 and typed[i - 1] == wanted[j - 2] and typed[i - 2] == wanted[j - 1]:
                cost[i, j] = min(cost[i, j], cost[i - 2, j - 2] + 1)
    return cost[len(typed), len(wanted)]


def naive(typed, wanted):
    _check(typed, wanted)

    def cost(i, j):
        if i == 0 or j == 0:
            return i + j
        least = min(cost(i - 1, j) + 1, cost(i, j - 1) + 1, cost(i - 1, j - 1) + (typed[i - 1] != wanted[j - 1]))
        if i > 1 and j > 1 and typed[i - 1] == wanted[j - 2] and typed[i - 2] == wanted[j - 1]:
            least = min(least, cost(i - 2, j - 2) + 1)
        return least

    return cost(len(typed), len(wanted))


def inputs(rng):
    cases = [["", ""], ["a", ""], ["", "abc"], ["a", "a"], ["a", "b"], ["ab", "ba"], ["abc", "ca"], ["teh", "the"], ["aaaa", "aa"], ["abab", "baba"], ["form", "from"]]
    for _ in range(16):
        cases.append(["".join(rng.choice("abc") for _ in range(rng.randint(1, 5))) for _ in range(2)])
    return cases


def sized(rng, n):
    return ["ab" * (n // 2), "cd" * (n // 2)]
