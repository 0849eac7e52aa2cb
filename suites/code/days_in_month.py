"""References of days_in_month: best by the rule, good by the library, naive by trying dates."""
import calendar
import datetime


def _check(year, month):
    if not isinstance(year, int) or not isinstance(month, int):
        raise TypeError("year and month must be integers")
    if not 1 <= year <= 9999:
        raise ValueError("year must be from 1 to 9999")
    if not 1 <= month <= 12:
        raise ValueError("month must be from 1 to 12")


def best(year: int, month: int) -> int:
    """Tell how many days a month has.

    Args:
        year: The year of the Gregorian calendar, 1 to 9999.
        month: The month, 1 for January to 12 for December.

    Returns:
        The number of days, 28 to 31.

    Raises:
        TypeError: If `year` or `month` is not an integer.
        ValueError: If `year` is not from 1 to 9999, or `month` is not from 1 to 12.
    """
    _check(year, month)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def good(year, month):
    _check(year, month)
    return calendar.monthrange(year, month)[1]


def naive(year, month):
    _check(year, month)
    days = 28
    while days < 31:
        try:
            datetime.date(year, month, days + 1)
        except ValueError:
            break
        days += 1
    return days


def inputs(rng):
    cases = [[1, 1], [9999, 12], [2000, 2], [1900, 2], [2024, 2], [2023, 2], [4, 2], [100, 2], [400, 2], [2100, 2], [2025, 4], [2025, 7], [2025, 8]]
    for _ in range(16):
        cases.append([rng.randint(1, 9999), rng.choice([2, 2, rng.randint(1, 12)])])
    return cases


def sized(rng, n):
    return [2000, 2]
