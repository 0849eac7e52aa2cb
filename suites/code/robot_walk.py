"""References of robot_walk: best O(commands) by turning one round, good O(4 commands) by four rounds, naive O(commands * rounds)."""


def _check(commands, rounds):
    if not isinstance(commands, str) or not isinstance(rounds, int):
        raise TypeError("commands must be a string and rounds an integer")
    if commands.strip("FLR"):
        raise ValueError("commands must be of the letters F, L and R")
    if rounds < 0:
        raise ValueError("rounds must not be negative")


def _walk(commands, x, y, dx, dy):
    for command in commands:
        if command == "F":
            x, y = x + dx, y + dy
        elif command == "L":
            dx, dy = -dy, dx
        else:
            dx, dy = dy, -dx
    return x, y, dx, dy


def best(commands: str, rounds: int) -> list[int]:
    """Tell where a robot ends that repeats its commands.

    Args:
        commands: One round of commands, 0 to 10^4 letters: `F` one step forward, `L` a quarter turn to the
            left, `R` a quarter turn to the right.
        rounds: How often the whole round is repeated, 0 to 10^15.

    Returns:
        The final position as [x, y].

    Raises:
        TypeError: If `commands` is not a string, or `rounds` is not an integer.
        ValueError: If `commands` has another character than F, L and R (also if `rounds` is 0), or `rounds`
            is negative.
    """
    _check(commands, rounds)
    x, y, dx, dy = _walk(commands, 0, 0, 0, 1)
    # After four rounds the robot looks north again, whatever a round turns it by.
    total_x = total_y = 0
    turn_x, turn_y = 0, 1  # where north is at the beginning of this round
    for k in range(4):
        times = (rounds - k + 3) // 4
        total_x += times * (x * turn_y + y * turn_x)
        total_y += times * (y * turn_y - x * turn_x)
        turn_x, turn_y = turn_y * dx + turn_x * dy, turn_y * dy - turn_x * dx
    return [total_x, total_y]


def good(commands, rounds):
    _check(commands, rounds)
    full, rest = divmod(rounds, 4)
    x, y, _, _ = _walk(commands * 4, 0, 0, 0, 1)
    last_x, last_y, _, _ = _walk(commands * rest, 0, 0, 0, 1)
    return [full * x + last_x, full * y + last_y]


def naive(commands, rounds):
    _check(commands, rounds)
    x, y, dx, dy = 0, 0, 0, 1
    for _ in range(rounds):
        x, y, dx, dy = _walk(commands, x, y, dx, dy)
    return [x, y]


def inputs(rng):
    cases = [["", 0], ["", 5], ["F", 0], ["F", 1], ["F", 7], ["FL", 4], ["FL", 5], ["FR", 2], ["LF", 1], ["RF", 3], ["FFLL", 9], ["LLL", 3], ["FFRFFRF", 6]]
    for _ in range(16):
        cases.append(["".join(rng.choice("FFLR") for _ in range(rng.randint(1, 12))), rng.randint(0, 25)])
    return cases


def sized(rng, n):
    return ["FFLFR" * 4, n]
