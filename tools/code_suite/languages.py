"""The references in the candidate's language (suites/code/NAME.cpp, NAME.js): that they do what the Python references do."""
import json
import re
import shutil
import subprocess
import tempfile

from . import contract as contracts
from . import references
from .order import same

SUFFIX = {"cpp": ".cpp", "javascript": ".js"}
SECONDS = 120

CPP_TYPES = {"int": "long long", "float": "double", "bool": "bool", "str": "std::string"}
CPP_HEAD = """#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>
#include "%s"
static void show(bool v) { std::cout << (v ? "true" : "false"); }
static void show(long long v) { std::cout << v; }
static void show(double v) { char t[40]; std::snprintf(t, sizeof t, "%%.17g", v); std::cout << t; }
static void show(const std::string& v) {
  std::cout << '"';
  for (unsigned char c : v) { char t[8]; std::snprintf(t, sizeof t, "\\\\u%%04x", c); std::cout << t; }
  std::cout << '"';
}
template <class T> static void show(const std::vector<T>& v) {
  std::cout << '[';
  for (std::size_t i = 0; i < v.size(); ++i) { if (i) std::cout << ','; show(v[i]); }
  std::cout << ']';
}
template <class F> static void call(F f) {
  try { auto v = f(); std::cout << "{\\"value\\":"; show(v); std::cout << "}\\n"; }
  catch (const std::invalid_argument&) { std::cout << "{\\"error\\":\\"std::invalid_argument\\"}\\n"; }
  catch (const std::out_of_range&) { std::cout << "{\\"error\\":\\"std::out_of_range\\"}\\n"; }
  catch (const std::overflow_error&) { std::cout << "{\\"error\\":\\"std::overflow_error\\"}\\n"; }
}
int main() {
"""
JS_TAIL = """
;for (const args of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {
  let answer;
  try { answer = {value: %s(...args)}; } catch (error) { answer = {error: error.constructor.name}; }
  console.log(JSON.stringify(answer));
}
"""


def faults(c, space, path, quick):
    if c["language"] == "python":
        return
    source = path.with_suffix(SUFFIX[c["language"]])
    if not source.exists():
        yield f"{source.name} is missing"
        return
    tool = {"cpp": "g++", "javascript": "node"}[c["language"]]
    if quick and c["language"] == "cpp":
        return  # compiling takes seconds
    if not shutil.which(tool):
        print(f"  {source.name} not checked: there is no {tool} here")
        return
    inputs = [case for seed in references.SEEDS for case in references.cases(space, seed)]
    calls = inputs + [contracts.decode(fault["args"]) for fault in c["faults"]]
    answers, trouble = (run_cpp if c["language"] == "cpp" else run_js)(c, source, calls)
    if len(answers) != len(calls):
        yield f"{source.name}: {len(answers)} answers to {len(calls)} calls: {trouble[-400:].strip()}"
        return
    for case, answer in zip(inputs, answers):
        expected = space["best"](*case)
        if "value" not in answer or not same(answer["value"], expected, c["order"]):
            yield f"{source.name}{references.short(case)} gives {references.short(answer)}, best returns {references.short(expected)}"
    for fault, answer in zip(c["faults"], answers[len(inputs):]):
        if answer.get("error") != fault["raises"]:
            yield f"{source.name}{references.short(fault['args'])} gives {references.short(answer)} instead of {fault['raises']}"
    yield from comment_faults(c, source)


def comment_faults(c, source):
    text = source.read_text(encoding="utf-8")
    for parameter in c["parameters"]:
        if not re.search(rf"@param (\{{[^}}]*\}} )?{parameter['name']}\b", text):
            yield f"{source.name}: its comment does not document {parameter['name']}"
    if c["returns"] is not None and not re.search(r"@returns? ", text):
        yield f"{source.name}: its comment does not document the return value"
    for name in sorted({fault["raises"] for fault in c["faults"]}):
        if not re.search(rf"@throws \{{?{re.escape(name)}\b", text):
            yield f"{source.name}: its comment does not document {name}"


def run_js(c, source, calls):
    script = source.read_text(encoding="utf-8") + JS_TAIL % c["entry"]
    with tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(["node", file.name], input=json.dumps(calls), capture_output=True, text=True, timeout=SECONDS)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def run_cpp(c, source, calls):
    lines = [CPP_HEAD % source.resolve()]
    for arguments in calls:
        values = ", ".join(cpp_value(a, p["type"]) for a, p in zip(arguments, c["parameters"]))
        lines.append(f"  call([] {{ return {c['entry']}({values}); }});")
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/program"
        built = subprocess.run(["g++", "-std=c++20", "-O0", "-Wall", "-fsanitize=undefined", "-fno-sanitize-recover", "-x", "c++", "-", "-o", program],
                               input="\n".join(lines) + "\n}\n", capture_output=True, text=True, timeout=SECONDS)
        if built.returncode:
            return [], built.stderr
        done = subprocess.run([program], capture_output=True, text=True, timeout=SECONDS)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def cpp_type(expression):
    inner = re.fullmatch(r"list\[(.*)\]", expression)
    return f"std::vector<{cpp_type(inner[1])}>" if inner else CPP_TYPES[expression]


def cpp_value(value, expression):
    inner = re.fullmatch(r"list\[(.*)\]", expression)
    if inner:
        return cpp_type(expression) + "{" + ", ".join(cpp_value(item, inner[1]) for item in value) + "}"
    if expression == "int":  # -2^63 is no literal
        return "(-9223372036854775807LL - 1)" if value == -2**63 else f"{value}LL"
    if expression == "str":
        return "std::string(" + '"' + "".join(f"\\{byte:03o}" for byte in value.encode()) + f'", {len(value.encode())})'
    return repr(value).lower()
