"""References of count_islands: best O(n) by flooding, good O(n) by union-find, naive O(n * length) by relaxing labels."""


def _check(grid):
    if not isinstance(grid, list) or not all(isinstance(row, str) for row in grid):
        raise TypeError("grid must be a list of strings")
    if any(not row or len(row) != len(grid[0]) or row.strip(".#") for row in grid):
        raise ValueError("grid must have rows of the same length, at least 1, of . and #")


def best(grid: list[str]) -> int:
    """Count the islands of a map.

    Args:
        grid: The map, 0 to 300 rows of the same length of 1 to 300 characters: `#` is land, `.` is water.

    Returns:
        The number of islands.

    Raises:
        TypeError: If `grid` is not a list, or holds anything but strings.
        ValueError: If a row is empty, the rows differ in length, or there is another character than `.` and
            `#`.
    """
    _check(grid)
    land = {(i, j) for i, row in enumerate(grid) for j, letter in enumerate(row) if letter == "#"}
    islands = 0
    while land:
        islands += 1
        found = [land.pop()]
        while found:
            i, j = found.pop()
            for near in ((i - 1, j - 1), (i - 1, j), (i - 1, j + 1), (i, j - 1), (i, j + 1), (i + 1, j - 1), (i + 1, j), (i + 1, j + 1)):
                if near in land:
                    land.remove(near)
                    found.append(near)
    return islands


def good(grid):
    _check(grid)
    parent = {}

    def root(field):
        while parent[field] != field:
            parent[field] = parent[parent[field]]
            field = parent[field]
        return field

    for i, row in enumerate(grid):
        for j, letter in enumerate(row):
            if letter == "#":
                parent[i, j] = (i, j)
                for near in ((i, j - 1), (i - 1, j - 1), (i - 1, j), (i - 1, j + 1)):
                    if near in parent:
                        parent[root((i, j))] = root(near)
    return sum(parent[field] == field for field in parent)


def naive(grid):
    _check(grid)
    label = {(i, j): (i, j) for i, row in enumerate(grid) for j, letter in enumerate(row) if letter == "#"}
    changed = True
    while changed:
        changed = False
        for i, j in reversed(list(label)):
            for near in [(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]:
                if near in label and label[near] < label[i, j]:
                    label[i, j] = label[near]
                    changed = True
    return len(set(label.values()))


def inputs(rng):
    cases = [[[]], [["."]], [["#"]], [["#.#"]], [["#", ".", "#"]], [["#.", ".#"]], [["##", "##"]], [["#.#", ".#.", "#.#"]], [["#####", "....#", "#.###", "#....", "#####"]], [["....", "...."]], [["#" * 34] * 34]]
    for _ in range(16):
        width = rng.randint(2, 8)
        cases.append([["".join(rng.choice("#...") for _ in range(width)) for _ in range(rng.randint(2, 8))]])
    return cases


def sized(rng, n):
    rows = []
    for i in range(n):
        wall = list("." * n if i % 2 else "#" * n)
        if i % 2:
            wall[-1 if i % 4 == 1 else 0] = "#"
        rows.append("".join(wall))
    return [rows]  # one island, a long snake
