"""The reference answer of the scenario interval_set: a sorted list of intervals that do not touch."""


class IntervalSet:
    """A set of whole numbers, kept as intervals."""

    def __init__(self):
        self._intervals = []

    @staticmethod
    def _check(low, high):
        if low >= high:
            raise ValueError("low must be less than high")

    def add(self, low, high):
        """Add the integers from low to below high; raises ValueError."""
        self._check(low, high)
        apart = [[a, b] for a, b in self._intervals if b < low or a > high]
        touching = [[a, b] for a, b in self._intervals if not (b < low or a > high)]
        for a, b in touching:
            low, high = min(low, a), max(high, b)
        self._intervals = sorted(apart + [[low, high]])

    def remove(self, low, high):
        """Take the integers from low to below high out; raises ValueError."""
        self._check(low, high)
        kept = []
        for a, b in self._intervals:
            if a < low:
                kept.append([a, min(b, low)])
            if b > high:
                kept.append([max(a, high), b])
        self._intervals = kept

    def _holding(self, x):
        for a, b in self._intervals:
            if a <= x < b:
                return b
        return None

    def contains(self, x):
        """Return whether x is in the set."""
        return self._holding(x) is not None

    def total(self):
        """Return how many integers are in the set."""
        return sum(b - a for a, b in self._intervals)

    def next_free(self, x):
        """Return the smallest integer from x on that is not in the set."""
        end = self._holding(x)
        return x if end is None else end

    def intervals(self):
        """Return the fewest [low, high] that describe the set."""
        return [list(interval) for interval in self._intervals]
