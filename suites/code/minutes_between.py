"""References of minutes_between: arithmetic; naive counts the minutes one by one."""


def _minutes(text):
    if not isinstance(text, str):
        raise TypeError("a time must be a string")
    digits = text[:2] + text[3:]
    if len(text) != 5 or text[2] != ":" or not all(letter in "0123456789" for letter in digits):
        raise ValueError(f"{text!r} is not of the form HH:MM")
    hours, minutes = int(text[:2]), int(text[3:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} is not a time of day")
    return 60 * hours + minutes


def best(start: str, end: str) -> int:
    """Tell how long a shift lasts that may pass midnight.

    Args:
        start: When the shift begins, as HH:MM from 00:00 to 23:59, always five characters.
        end: When the shift ends, in the same form.

    Returns:
        The number of minutes from the beginning to the end, 0 to 1439.

    Raises:
        TypeError: If `start` or `end` is not a string.
        ValueError: If `start` or `end` is not exactly of the form HH:MM with ASCII digits, or not a time
            from 00:00 to 23:59.
    """
    return (_minutes(end) - _minutes(start)) % 1440


def good(start, end):
    first, last = _minutes(start), _minutes(end)
    return last - first if last >= first else last + 24 * 60 - first


def naive(start, end):
    now, last, count = _minutes(start), _minutes(end), 0
    while now != last:
        now = (now + 1) % 1440
        count += 1
    return count


def inputs(rng):
    cases = [["00:00", "00:00"], ["23:59", "00:00"], ["00:00", "23:59"], ["09:30", "17:00"], ["17:00", "09:30"], ["12:01", "12:00"], ["08:08", "08:09"], ["19:00", "20:00"]]
    for _ in range(16):
        cases.append([f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}" for _ in range(2)])
    cases.append(["22:15", "22:15"])
    return cases


def sized(rng, n):
    return ["00:01", "00:00"]
