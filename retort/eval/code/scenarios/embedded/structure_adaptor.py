"""Runs inside the sandbox, beside the candidate's answer.py: holds one object of the candidate's class and calls its
methods. Nothing it says is a verdict."""
import answer

current = None


def make(class_name, args):
    global current
    current = getattr(answer, class_name)(*args)


def apply(method, args):
    return getattr(current, method)(*args)
