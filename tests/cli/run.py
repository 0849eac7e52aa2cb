#!/usr/bin/env python3
"""Runs text tests of the real program: run.py FILE.test NAME=VALUE... (the values become environment variables).

A case is a command and facts about what it does, up to the next command:

  $ retort runn                     a bash command; `retort` is the program under test
  $pty retort run $MODEL            the same on a terminal of its own (80 columns, TERM=xterm)
  exit 2                            its exit status (0 unless said); a signal is 128 + its number
  stdout|stderr|screen has TEXT     the stream contains TEXT ("screen" is what a terminal got)
  stdout|stderr|screen lacks TEXT
  stdout|stderr|screen like REGEX   Python, multi-line
  stdout|stderr empty
  stdout lines N
  json PATH exists | json PATH = VALUE | json PATH > NUMBER | json PATH has TEXT
                                    stdout is one JSON document; PATH as in tensors.0.name
  expect REGEX                      terminal only, in order: wait for it on the screen (20 s)
  send TEXT                         terminal only, in order: type TEXT (Python escapes; \\x03 is Ctrl-C; $TMP)
  within SECONDS                    the command ends within (default 60)
"""
import codecs
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time


class Fault(Exception):
    pass


class Case:
    def __init__(self, line, number):
        self.terminal = line.startswith("$pty ")
        self.command = line.split(" ", 1)[1]
        self.number = number
        self.facts = []

    def within(self):
        return next((float(t) for n, v, t in self.facts if v == "within"), 60.0)


def read_cases(path):
    cases = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("$"):
            cases.append(Case(line, number))
        else:
            verb, _, rest = line.partition(" ")
            cases[-1].facts.append((number, verb, rest))
    return cases


def status_of(returncode):
    return 128 - returncode if returncode < 0 else returncode


def run_plain(case, env):
    done = subprocess.run(["bash", "-c", case.command], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=case.within())
    text = {"stdout": done.stdout.decode("utf-8", "replace"), "stderr": done.stderr.decode("utf-8", "replace")}
    return status_of(done.returncode), text


class TerminalRun:
    """A command on a pseudo-terminal, and the steps of a conversation with it."""

    def __init__(self, case, env):
        self.deadline = time.monotonic() + case.within()
        self.screen = ""
        self.seen = 0  # `expect` looks behind here
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("bash", ["bash", "-c", "stty cols 80 rows 24; exec " + case.command], env)

    def read_some(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.screen += self.decoder.decode(data)
        return bool(data)

    def expect(self, pattern):
        until = min(self.deadline, time.monotonic() + 20)
        open_ = True
        while True:
            found = re.compile(pattern, re.M).search(self.screen, self.seen)
            if found:
                self.seen = found.end()
                return
            if not open_ or time.monotonic() > until:
                raise Fault(f"did not see /{pattern}/")
            open_ = self.read_some(0.2)

    def send(self, text):
        os.write(self.fd, text.encode("latin-1").decode("unicode_escape").encode("latin-1"))

    def finish(self):
        while self.read_some(0.2) and time.monotonic() < self.deadline:
            pass
        while time.monotonic() < self.deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status_of(os.waitstatus_to_exitcode(status))
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise Fault("did not end in time")


def run_terminal(case, env):
    run = TerminalRun(case, env)
    fault = None
    try:
        for number, verb, rest in case.facts:
            if verb == "expect":
                run.expect(rest)
            elif verb == "send":
                run.send(rest.replace("$TMP", env["TMP"]))
    except Fault as error:
        fault = Fault(f"line {number}: {error}")
        os.kill(run.pid, signal.SIGKILL)
    status = run.finish()
    if fault:
        raise Fault(f"{fault}; the screen was:\n{run.screen[-2000:]!r}")
    return status, {"screen": run.screen}


def json_value(text, path):
    value = json.loads(text)
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def check_json(text, rest):
    path, relation, *want = rest.split(" ", 2)
    try:
        value = json_value(text, path)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Fault(f"json {path}: {error!r}")
    holds = {
        "exists": lambda: True,
        "=": lambda: value == json.loads(want[0]),
        ">": lambda: value is not None and value > float(want[0]),
        "has": lambda: want[0] in value,
    }[relation]
    if not holds():
        raise Fault(f"json {path} is {value!r}, wanted {rest}")


def check_stream(stream, rest):
    relation, _, want = rest.partition(" ")
    holds = {
        "has": lambda: want in stream,
        "lacks": lambda: want not in stream,
        "like": lambda: re.search(want, stream, re.M) is not None,
        "empty": lambda: stream == "",
        "lines": lambda: len(stream.splitlines()) == int(want),
    }[relation]
    if not holds():
        raise Fault(f"wanted {rest!r}")


def check(case, status, text):
    wanted = next((int(rest) for _, verb, rest in case.facts if verb == "exit"), 0)
    if status != wanted:
        raise Fault(f"exit status {status}, wanted {wanted}")
    for number, verb, rest in case.facts:
        try:
            if verb == "json":
                check_json(text["stdout"], rest)
            elif verb in text:
                check_stream(text[verb], rest)
            elif verb not in ("exit", "expect", "send", "within"):
                raise Fault(f"unknown fact '{verb}'")
        except Fault as fault:
            raise Fault(f"line {number}: {verb}: {fault}")


def run_case(case, env):
    text = {}
    try:
        status, text = (run_terminal if case.terminal else run_plain)(case, env)
        check(case, status, text)
    except subprocess.TimeoutExpired:
        return "did not end in time"
    except Fault as fault:
        shown = "".join(f"\n    {name}: {stream[-1500:]!r}" for name, stream in text.items())
        return f"{fault}{shown}"
    return None


def main():
    path = pathlib.Path(sys.argv[1])
    variables = dict(word.split("=", 1) for word in sys.argv[2:])
    folder = os.path.dirname(os.path.abspath(variables["RETORT"]))
    failed = 0
    cases = read_cases(path)
    with tempfile.TemporaryDirectory() as temporary:
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "RETORT_ISA")}
        env.update(variables, TMP=temporary, TERM="xterm", LC_ALL="C.UTF-8", PATH=folder + ":" + os.environ["PATH"])
        for case in cases:
            fault = run_case(case, env)
            if fault:
                failed += 1
                print(f"{path.name}:{case.number}: $ {case.command}\n  {fault}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
