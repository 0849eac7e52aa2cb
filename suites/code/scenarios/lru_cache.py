"""The reference answer of the scenario lru_cache: an ordered dict, the least recently used key first."""
from collections import OrderedDict


class LruCache:
    """A cache that drops the least recently used entry."""

    def __init__(self, capacity):
        if not isinstance(capacity, int):
            raise TypeError("capacity must be an integer")
        self._check(capacity)
        self._capacity = capacity
        self._entries = OrderedDict()

    @staticmethod
    def _check(capacity):
        if capacity < 1:
            raise ValueError("capacity must be at least 1")

    def _shrink(self):
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def put(self, key, value):
        """Store a value and make its key the most recently used."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        self._shrink()

    def get(self, key):
        """Return a value and make its key the most recently used; raises KeyError."""
        value = self._entries[key]
        self._entries.move_to_end(key)
        return value

    def peek(self, key):
        """Return a value and leave the order as it is; raises KeyError."""
        return self._entries[key]

    def remove(self, key):
        """Take an entry out and return its value; raises KeyError."""
        return self._entries.pop(key)

    def resize(self, capacity):
        """Change the capacity; raises ValueError below 1."""
        self._check(capacity)
        self._capacity = capacity
        self._shrink()

    def keys(self):
        """Return all keys, the least recently used one first."""
        return list(self._entries)
