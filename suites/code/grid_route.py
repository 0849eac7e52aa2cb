"""References of grid_route: best O(n) ring by ring on a flat map, good O(n) with a dict, naive O(n * steps) by relaxing all fields."""


def _check(grid):
    if not isinstance(grid, list) or not all(isinstance(row, str) for row in grid):
        raise TypeError("grid must be a list of strings")
    if not grid or not grid[0] or any(len(row) != len(grid[0]) for row in grid):
        raise ValueError("grid must have rows of the same length, at least 1")
    text = "".join(grid)
    if text.count("S") != 1 or text.count("G") != 1 or text.strip(".#SG") or len(text.replace(".", "").replace("#", "")) != 2:
        raise ValueError("grid must consist of . and #, one S and one G")


def best(grid: list[str]) -> int:
    """Find the shortest way through a map.

    Args:
        grid: The map, 1 to 300 rows of the same length of 1 to 300 characters: `.` is free, `#` a wall, `S`
            the start and `G` the goal.

    Returns:
        The least number of steps, or -1.

    Raises:
        TypeError: If `grid` is not a list, or holds anything but strings.
        ValueError: If there are no rows, the first row is empty, the rows differ in length, there is
            another character, or there is not exactly one `S` and one `G`.
    """
    _check(grid)
    width = len(grid[0]) + 1
    fields = list("#".join(grid) + "#" * (width + 1))  # walls at the right and below; index -1 and below wrap to them
    goal = fields.index("G")
    ring, steps = [fields.index("S")], 0
    while ring:
        reached = []
        for field in ring:
            if field == goal:
                return steps
            for after in (field + 1, field - 1, field + width, field - width):
                if fields[after] != "#":
                    fields[after] = "#"
                    reached.append(after)
        ring, steps = reached, steps + 1
    return -1


def good(grid):
    _check(grid)
    height, width = len(grid), len(grid[0])
    start = next((i, j) for i in range(height) for j in range(width) if grid[i][j] == "S")
    steps, queue = {start: 0}, [start]
    for i, j in queue:
        if grid[i][j] == "G":
            return steps[i, j]
        for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            if 0 <= a < height and 0 <= b < width and grid[a][b] != "#" and (a, b) not in steps:
                steps[a, b] = steps[i, j] + 1
                queue.append((a, b))
    return -1


def naive(grid):
    _check(grid)
    height, width = len(grid), len(grid[0])
    far = height * width
    steps = [[0 if letter == "S" else far for letter in row] for row in grid]
    changed = True
    while changed:
        changed = False
        before = [list(row) for row in steps]
        for i in range(height):
            for j in range(width):
                if grid[i][j] == "#":
                    continue
                for a, b in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                    if 0 <= a < height and 0 <= b < width and before[a][b] + 1 < steps[i][j]:
                        steps[i][j] = before[a][b] + 1
                        changed = True
    goal = next(steps[i][j] for i in range(height) for j in range(width) if grid[i][j] == "G")
    return goal if goal < far else -1


def inputs(rng):
    cases = [[["SG"]], [["S", "G"]], [["S#G"]], [["G..S"]], [["S.", ".G"]], [["S#", "#G"]], [["S.#", ".##", "..G"]], [["####", "#SG#", "####"]], [["S.....", "#####.", "G....."]]]
    for _ in range(18):
        height, width = rng.randint(2, 6), rng.randint(2, 6)
        fields = [rng.choice("...#") for _ in range(height * width)]
        start, goal = rng.sample(range(height * width), 2)
        fields[start], fields[goal] = "S", "G"
        cases.append([["".join(fields[i * width:(i + 1) * width]) for i in range(height)]])
    return cases


def sized(rng, n):
    rows = []
    for i in range(n):
        wall = list("#" * n if i % 2 else "." * n)
        if i % 2:
            wall[-1 if i % 4 == 1 else 0] = "."
        rows.append(wall)
    rows[0][0] = "S"
    rows[-1][n // 2] = "G"
    return [["".join(row) for row in rows]]
