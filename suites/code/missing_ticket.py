"""References of missing_ticket: best O(n) by a sum, good O(n log n) by sorting, naive O(n^2) by counting."""


def _check_types(tickets):
    if not isinstance(tickets, list) or not all(isinstance(x, int) for x in tickets):
        raise TypeError("tickets must be a list of integers")
    if not tickets:
        raise ValueError("tickets must not be empty")


def _check(tickets):
    _check_types(tickets)
    if len(set(tickets)) < len(tickets) or min(tickets) < 0 or max(tickets) > len(tickets):
        raise ValueError("tickets must be different and from 0 to their number")


def best(tickets: list[int]) -> int:
    """Find the lost one of consecutively numbered tickets.

    Args:
        tickets: The tickets that are left, 1 to 10^5 different integers in any order.

    Returns:
        The number of the lost ticket.

    Raises:
        TypeError: If `tickets` is not a list, or holds anything but integers.
        ValueError: If `tickets` is empty, a number occurs twice, or a number is below 0 or greater than the
            number of tickets in the list.
    """
    _check(tickets)
    n = len(tickets)
    return n * (n + 1) // 2 - sum(tickets)


def good(tickets):
    _check(tickets)
    for expected, ticket in enumerate(sorted(tickets)):
        if ticket != expected:
            return expected
    return len(tickets)


def naive(tickets):
    _check_types(tickets)
    missing = None
    for ticket in range(len(tickets) + 1):
        count = tickets.count(ticket)
        if count > 1:
            raise ValueError("a ticket is there twice")
        if count == 0:
            if missing is not None:
                raise ValueError("a ticket is out of range")
            missing = ticket
    return missing


def inputs(rng):
    cases = [[[0]], [[1]], [[0, 1]], [[1, 2]], [[2, 0]], [list(range(10))], [list(range(1, 11))], [list(range(10, 0, -1))]]
    for _ in range(16):
        numbers = list(range(rng.randint(6, 25)))
        rng.shuffle(numbers)
        cases.append([numbers[1:]])
    return cases


def sized(rng, n):
    numbers = list(range(n))
    rng.shuffle(numbers)
    return [numbers]
