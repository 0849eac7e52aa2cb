"""References of evaluate_expression: best O(n) with frames, good O(n) by recursive descent, naive O(n^2) by rewriting."""
import re


def _check(text):
    if not isinstance(text, str):
        raise TypeError("text must be a string")


def best(text: str) -> int:
    """Evaluate an arithmetic expression.

    Args:
        text: The expression, 1 to 10^4 ASCII characters.

    Returns:
        The value of the expression.

    Raises:
        TypeError: If `text` is not a string.
        ValueError: If `text` is not such an expression: it is empty or has only spaces, another character,
            a missing operand or operator, or brackets that do not match.
    """
    _check(text)
    # One frame for each open bracket: the finished sum, its sign, the product so far and the sign before the bracket.
    frames, total, sign, product, negative, operand = [], 0, 1, None, 1, True
    for token in re.findall(r"[0-9]+|[^ ]", text):
        if operand and token == "-" and negative == 1:
            negative = -1
        elif operand and token == "(":
            frames.append((total, sign, product, negative))
            total, sign, product, negative = 0, 1, None, 1
        elif operand and token.isascii() and token.isdigit():
            product, negative, operand = (1 if product is None else product) * negative * int(token), 1, False
        elif not operand and token == "*":
            operand = True
        elif not operand and token in "+-":
            total, sign, product, operand = total + sign * product, 1 if token == "+" else -1, None, True
        elif not operand and token == ")" and frames:
            inner = total + sign * product
            total, sign, product, negative = frames.pop()
            product, negative = (1 if product is None else product) * negative * inner, 1
        else:
            raise ValueError(f"{token!r} is not allowed here")
    if operand or frames:
        raise ValueError("the expression ends too early")
    return total + sign * product


def good(text):
    _check(text)
    tokens = re.findall(r"[0-9]+|[^ ]", text)[::-1]

    def take(wanted):
        if tokens and tokens[-1] in wanted:
            return tokens.pop()
        return ""

    def operand():
        if take(["-"]):
            return -plain()
        return plain()

    def plain():
        if take(["("]):
            value = total()
            if not take([")"]):
                raise ValueError("a bracket is not closed")
            return value
        if not tokens or not re.fullmatch("[0-9]+", tokens[-1]):
            raise ValueError("an operand is missing")
        return int(tokens.pop())

    def product():
        value = operand()
        while take(["*"]):
            value *= operand()
        return value

    def total():
        value = product()
        while operator := take(["+", "-"]):
            value = value + product() if operator == "+" else value - product()
        return value

    result = total()
    if tokens:
        raise ValueError(f"{tokens[-1]!r} is not allowed here")
    return result


def naive(text):
    _check(text)
    if not re.fullmatch(r"[-0-9+*() ]+", text) or re.search("[0-9] +[0-9]", text):
        raise ValueError("not an expression")
    rest = text.replace(" ", "")
    if re.search(r"[-+*(]$|^$|[-+*(][+*)]|^[+*)]|[0-9)]\(|\)[0-9]|(^|[-+*(])--|\(\)", rest):
        raise ValueError("not an expression")
    # `m` marks the minus of a number, so that values can stand in the text.
    rest = re.sub(r"(^|[-+*(])-(?=[0-9(])", r"\1m", rest)
    while not re.fullmatch("m?[0-9]+", rest):
        before = rest
        for pattern in (r"(m?[0-9]+)\*(m?[0-9]+)", r"(?<![-+*0-9m])(m?[0-9]+)([-+])(m?[0-9]+)(?![0-9*])", r"m?\((m?[0-9]+)\)"):
            rest = re.sub(pattern, _reduced, rest, count=1)
            if rest != before:
                break
        if rest == before:
            raise ValueError("not an expression")
    return int(rest.replace("m", "-"))


def _reduced(match):
    text = match[0]
    if text.endswith(")"):
        value = int(match[1].replace("m", "-")) * (-1 if text[0] == "m" else 1)
    elif "*" in text:
        value = int(match[1].replace("m", "-")) * int(match[2].replace("m", "-"))
    else:
        left, right = int(match[1].replace("m", "-")), int(match[3].replace("m", "-"))
        value = left + right if match[2] == "+" else left - right
    return str(value).replace("-", "m")


def inputs(rng):
    cases = [["0"], ["7"], ["-7"], ["1+2*3"], ["(1+2)*3"], ["10-4-3"], ["2*-3"], ["-(1+2)"], [" 1 + 2 "], ["007"], ["((((5))))"], ["1--1"], ["-2*-(3-5)*2"], ["4-(-(2))"], ["-1-1"], ["2-3*4-5"]]

    def made(depth):
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["", "", "-"]) + str(rng.randint(0, 20))
        inner = made(depth - 1) + rng.choice(["+", "-", "*", " + ", " - "]) + made(depth - 1)
        return rng.choice(["", "-"]) + f"({inner})" if rng.random() < 0.5 else inner

    return cases + [[made(3)] for _ in range(18)]


def sized(rng, n):
    return ["(1+" * (n // 4) + "1" + ")*1" * (n // 4) + "+2*3-4" * (n // 2)]
