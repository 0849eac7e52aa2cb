"""The reference answer of the scenario undo_union_find: union by size without path compression, and a stack."""


class UndoUnionFind:
    """Disjoint groups whose joins can be undone."""

    def __init__(self, n):
        if not isinstance(n, int):
            raise TypeError("n must be an integer")
        if n < 0:
            raise ValueError("n must not be negative")
        self._parents = list(range(n))
        self._sizes = [1] * n
        self._groups = n
        self._done = []

    def _root(self, a):
        if a < 0:
            raise IndexError("the number is negative")
        while self._parents[a] != a:
            a = self._parents[a]
        return a

    def union(self, a, b):
        """Join two groups; returns whether they were different. Raises IndexError."""
        child, root = self._root(a), self._root(b)
        if child == root:
            self._done.append(None)
            return False
        if self._sizes[child] > self._sizes[root]:
            child, root = root, child
        self._parents[child] = root
        self._sizes[root] += self._sizes[child]
        self._groups -= 1
        self._done.append(child)
        return True

    def undo(self):
        """Undo the last union; raises IndexError if there is none."""
        child = self._done.pop()
        if child is None:
            return
        root = self._parents[child]
        self._parents[child] = child
        self._sizes[root] -= self._sizes[child]
        self._groups += 1

    def connected(self, a, b):
        """Return whether both are in one group; raises IndexError."""
        return self._root(a) == self._root(b)

    def size_of(self, a):
        """Return the size of a number's group; raises IndexError."""
        return self._sizes[self._root(a)]

    def groups(self):
        """Return the number of groups."""
        return self._groups
