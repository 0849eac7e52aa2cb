"""The reference answer of the scenario ring_buffer: a list of fixed length, and where the front is."""


class RingBuffer:
    """A queue with two ends and a capacity."""

    def __init__(self, capacity):
        if not isinstance(capacity, int):
            raise TypeError("capacity must be an integer")
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._slots = [None] * capacity
        self._front = 0
        self._size = 0

    def _slot(self, index):
        return (self._front + index) % len(self._slots)

    def push_back(self, item):
        """Add an item at the back; returns the one that was dropped, or None."""
        dropped = self.pop_front() if self._size == len(self._slots) else None
        self._slots[self._slot(self._size)] = item
        self._size += 1
        return dropped

    def push_front(self, item):
        """Add an item at the front; returns the one that was dropped, or None."""
        dropped = self.pop_back() if self._size == len(self._slots) else None
        self._front = self._slot(-1)
        self._slots[self._front] = item
        self._size += 1
        return dropped

    def pop_back(self):
        """Take the back item out; raises IndexError if there is none."""
        item = self.get(self._size - 1)
        self._size -= 1
        return item

    def pop_front(self):
        """Take the front item out; raises IndexError if there is none."""
        item = self.get(0)
        self._front = self._slot(1)
        self._size -= 1
        return item

    def get(self, index):
        """Return the item with so many before it; raises IndexError."""
        if not 0 <= index < self._size:
            raise IndexError("no such item")
        return self._slots[self._slot(index)]

    def rotate(self, k):
        """Move the back item to the front k times, or the other way for a negative k."""
        if self._size == 0:
            return
        for _ in range(k % self._size):
            self.push_front(self.pop_back())

    def to_list(self):
        """Return all items, the front one first."""
        return [self.get(i) for i in range(self._size)]
