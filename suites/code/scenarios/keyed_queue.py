"""The reference answer of the scenario keyed_queue: a heap in which outdated entries stay until they come up."""
import heapq


class KeyedQueue:
    """A priority queue of keys whose priorities can be changed."""

    def __init__(self):
        self._priorities = {}
        self._heap = []

    def _put(self, key, priority):
        self._priorities[key] = priority
        heapq.heappush(self._heap, (priority, key))

    def push(self, key, priority):
        """Add a key; raises ValueError if it is there."""
        if key in self._priorities:
            raise ValueError("the key is already there")
        self._put(key, priority)

    def peek(self):
        """Return the first [key, priority]; raises IndexError if there is none."""
        while self._heap and self._priorities.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        priority, key = self._heap[0]
        return [key, priority]

    def pop(self):
        """Take the first key out; raises IndexError if there is none."""
        key, priority = self.peek()
        del self._priorities[key]
        return [key, priority]

    def change(self, key, priority):
        """Give a key another priority; raises KeyError."""
        if key not in self._priorities:
            raise KeyError(key)
        self._put(key, priority)

    def remove(self, key):
        """Take a key out and return its priority; raises KeyError."""
        return self._priorities.pop(key)

    def priority(self, key):
        """Return the priority of a key; raises KeyError."""
        return self._priorities[key]

    def size(self):
        """Return the number of keys."""
        return len(self._priorities)
