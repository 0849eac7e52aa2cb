"""The reference answer of the scenario ranked_map: a sorted list of keys beside a dict."""
from bisect import bisect_left, bisect_right, insort


class RankedMap:
    """A map from integers to integers, ordered by key."""

    def __init__(self):
        self._keys = []
        self._values = {}

    def set(self, key, value):
        """Store or replace a value."""
        if key not in self._values:
            insort(self._keys, key)
        self._values[key] = value

    def get(self, key):
        """Return a value; raises KeyError."""
        return self._values[key]

    def remove(self, key):
        """Take a key out; raises KeyError."""
        del self._values[key]
        del self._keys[bisect_left(self._keys, key)]

    def rank(self, key):
        """Return how many keys are smaller."""
        return bisect_left(self._keys, key)

    def select(self, index):
        """Return [key, value] of the key with so many smaller ones; raises IndexError."""
        if index < 0:
            raise IndexError("index is negative")
        key = self._keys[index]
        return [key, self._values[key]]

    def floor(self, key):
        """Return the greatest key that is not greater; raises KeyError."""
        at = bisect_right(self._keys, key)
        if at == 0:
            raise KeyError(key)
        return self._keys[at - 1]

    def between(self, low, high):
        """Return [key, value] of all keys from low to below high; raises ValueError."""
        if low > high:
            raise ValueError("low is greater than high")
        keys = self._keys[bisect_left(self._keys, low):bisect_left(self._keys, high)]
        return [[key, self._values[key]] for key in keys]
