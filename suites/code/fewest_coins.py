"""References of fewest_coins: best bitsets, one shift for each coin and count, good O(coins * amount) by a table, naive O(amount^2)."""
import functools


def _check(coins, amount):
    if not isinstance(coins, list) or not all(isinstance(x, int) for x in coins):
        raise TypeError("coins must be a list of integers")
    if not isinstance(amount, int):
        raise TypeError("amount must be an integer")
    if not coins or min(coins) < 1 or len(set(coins)) < len(coins):
        raise ValueError("coins must be different and positive, at least one")
    if not 0 <= amount <= 10**5:
        raise ValueError("amount must be from 0 to 10^5")


def best(coins: list[int], amount: int) -> int:
    """Pay an amount with as few coins as possible.

    Args:
        coins: The values of the coins, 1 to 20 different integers from 1 to 10^6, each available without
            limit.
        amount: What is to be paid, 0 to 10^5.

    Returns:
        The least number of coins, or -1 if the amount cannot be paid.

    Raises:
        TypeError: If `coins` is not a list, or holds anything but integers, or `amount` is not an integer.
        ValueError: If `coins` is empty, a coin is below 1 or occurs twice, or `amount` is negative or
            greater than 10^5.
    """
    _check(coins, amount)
    # Bit x of `payable` says that x can be paid with so many coins: one shift for each coin and count.
    mask = (1 << (amount + 1)) - 1
    payable, reached, count = 1, 1, 0
    while not reached >> amount & 1:
        payable = functools.reduce(lambda bits, coin: bits | payable << coin, coins, 0) & mask & ~reached
        if not payable:
            return -1
        reached |= payable
        count += 1
    return count


def good(coins, amount):
    _check(coins, amount)
    fewest = [0] + [amount + 1] * amount
    for coin in coins:
        for total in range(coin, amount + 1):
            fewest[total] = min(fewest[total], fewest[total - coin] + 1)
    return fewest[amount] if fewest[amount] <= amount else -1


def naive(coins, amount):
    _check(coins, amount)
    if amount == 0:
        return 0
    fewest = {0: 0}
    for total in range(1, amount + 1):
        for part in range(1, total + 1):
            if part in coins and total - part in fewest:
                fewest[total] = min(fewest.get(total, amount + 1), fewest[total - part] + 1)
    return fewest.get(amount, -1)


def inputs(rng):
    cases = [[[1], 0], [[5], 0], [[5], 5], [[5], 4], [[2], 7], [[1, 2, 5], 11], [[1, 3, 4], 6], [[5, 10], 3], [[7, 3], 11], [[9, 6, 1], 12], [[10**6], 50], [[1], 40]]
    for _ in range(16):
        cases.append([rng.sample(range(2, 25), rng.randint(1, 4)), rng.randint(1, 90)])
    return cases


def sized(rng, n):
    return [[7, 31, 45, 60, 97, 113], n]
