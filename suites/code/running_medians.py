"""References of running_medians: best O(n log n) with two heaps, good O(n log n) with a Fenwick tree, naive O(n^2) by insertion."""
import bisect
import heapq


def _check(prices):
    if not isinstance(prices, list) or not all(isinstance(x, int) for x in prices):
        raise TypeError("prices must be a list of integers")
    if not prices:
        raise ValueError("prices must not be empty")
    if any(abs(x) > 10**9 for x in prices):
        raise ValueError("every price must be from -10^9 to 10^9")


def best(prices: list[int]) -> list[int]:
    """Follow the median of a series of prices.

    Args:
        prices: The prices in order of arrival, 1 to 10^5 integers from -10^9 to 10^9.

    Returns:
        The median after each price.

    Raises:
        TypeError: If `prices` is not a list, or holds anything but integers.
        ValueError: If `prices` is empty, or a price is below -10^9 or above 10^9.
    """
    _check(prices)
    low, high, medians = [], [], []  # the smaller half, negated, and the greater half
    for k, price in enumerate(prices):
        if k % 2 == 0:
            heapq.heappush(low, -heapq.heappushpop(high, price))
        else:
            heapq.heappush(high, -heapq.heappushpop(low, -price))
        medians.append(-low[0])
    return medians


def good(prices):
    _check(prices)
    order = sorted(set(prices))
    tree = [0] * (len(order) + 1)
    highest = 1 << len(order).bit_length() >> 1
    medians = []
    for k, price in enumerate(prices):
        at = bisect.bisect_left(order, price) + 1
        while at < len(tree):
            tree[at] += 1
            at += at & -at
        at, left, step = 0, k // 2, highest  # descend to the last prefix with at most k / 2 prices
        while step:
            if at + step < len(tree) and tree[at + step] <= left:
                at += step
                left -= tree[at]
            step >>= 1
        medians.append(order[at])
    return medians


def naive(prices):
    _check(prices)
    seen, medians = [], []
    for price in prices:
        k = len(seen)
        seen.append(price)
        while k > 0 and seen[k - 1] > price:
            seen[k] = seen[k - 1]
            k -= 1
        seen[k] = price
        medians.append(seen[(len(seen) - 1) // 2])
    return medians


def inputs(rng):
    cases = [[[5]], [[1, 2]], [[2, 1]], [[3, 3, 3]], [[1, 2, 3, 4, 5]], [[5, 4, 3, 2, 1]], [[10**9, -10**9]], [[0, 0, 1, -1]], [[5, 15, 1, 3]]]
    for _ in range(16):
        cases.append([[rng.randint(-20, 20) for _ in range(rng.randint(2, 30))]])
    return cases


def sized(rng, n):
    return [list(range(n, 0, -1))]
