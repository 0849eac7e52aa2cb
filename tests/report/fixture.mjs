// Makes a comparison to look at and to test the report with: node fixture.mjs [SAMPLES] > comparison.json
// Every number is drawn from a fixed stream; nothing in it was measured, and the models' names say so.
import { plan } from "./plan_fixture.mjs";

const samples_wanted = Number(process.argv[2] ?? 5000);

// mulberry32 (T. Ettinger): small, and the same on every machine.
let state = 20261124;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (values) => values[Math.floor(random() * values.length)];
const clamp = (x) => Math.min(1, Math.max(0, x));

const kModels = [
  { name: "demo-lite", parameters: 163_000, skill: 0.42, speed: 9800 },
  { name: "demo-1.5", parameters: 312_000, skill: 0.61, speed: 7200 },
  { name: "demo-3", parameters: 604_000, skill: 0.74, speed: 4900 },
  { name: "demo-7", parameters: 1_410_000, skill: 0.83, speed: 3900, active: 620_000 },
  { name: "demo-13", parameters: 2_620_000, skill: 0.91, speed: 2100 },
  { name: "demo-pro", parameters: 4_390_000, skill: 0.92, speed: 1300 },
  { name: "demo-api", kind: "api", skill: 0.88, speed: 61 },
];
const kRows = [
  ["correct", "logic", true, "solved", "items all of whose questions were answered rightly, in the answer's form; cut off is wrong"],
  ["steps.completeness", "logic", true, "steps asserted", "facts that a sound way passes through, asserted in the thought"],
  ["steps.error_rate", "logic", false, "false steps", "claims in the thought that can be checked and are false"],
  ["dialogue.turns", "logic", true, "dialogue turns right", "questions of dialogues answered rightly"],
  ["cut_off", "logic", false, "cut off", "answers that did not end within the tokens allowed"],
  ["code.syntax", "code", true, "syntax", "programs that can be extracted, parsed, imported and called"],
  ["code.solved", "code", true, "solve rate (pass@1)", "right on all hidden inputs"],
  ["code.efficiency", "code", true, "efficiency", "cost between our naive (0) and best (1) solutions on a log scale; 0 if wrong"],
  ["code.cut_off", "code", false, "cut off", "answers that did not end within the tokens allowed"],
];
const run_of = (model, suite) => `${model.name.replace(/\W/g, "").padEnd(8, "0").slice(4)}${suite === "logic" ? "1a" : "c0"}7f3e9b20`;

/// Wald's interval: good enough for a picture.
function estimate(share, items) {
  const half = 1.96 * Math.sqrt(Math.max(share * (1 - share), 0.002) / items);
  return { value: share, low: clamp(share - half), high: clamp(share + half), items };
}

function figures(model) {
  const figure = (id, share, items, suite) =>
    ({ id, ...estimate(clamp(share + (random() - 0.5) * 0.03), items), obtained: "measured", run: run_of(model, suite) });
  const s = model.skill;
  return [
    figure("correct", s, 800, "logic"), figure("cut_off", (1 - s) * 0.25, 800, "logic"),
    figure("arithmetic/correct", s + 0.04, 200, "logic"), figure("arithmetic/cut_off", (1 - s) * 0.1, 200, "logic"),
    figure("arithmetic/steps.completeness", s - 0.05, 200, "logic"), figure("arithmetic/steps.error_rate", (1 - s) * 0.3, 200, "logic"),
    figure("dialogue/correct", s - 0.1, 200, "logic"), figure("dialogue/dialogue.turns", s + 0.02, 200, "logic"),
    ...(model.kind === "api" ? [] : [
      figure("code.syntax", s + 0.06, 120, "code"), figure("code.solved", s - 0.2, 120, "code"),
      figure("code.efficiency", s - 0.35, 120, "code"), figure("code.cut_off", (1 - s) * 0.2, 120, "code")]),
  ];
}

function curve(places, share, items) {
  return places.map((at, i) => ({ at: String(at), ...estimate(clamp(share(i) + (random() - 0.5) * 0.04), items) }));
}

const count_to = (n) => Array.from({ length: n }, (_, i) => i + 1);

function breakdowns(model) {
  const falls = (by) => (i) => model.skill + 0.06 - i * by;
  return [
    { figure: "arithmetic/correct", by: "level", points: curve(count_to(6), falls(0.11 * (1.4 - model.skill)), 60) },
    { figure: "dialogue/correct", by: "level", points: curve(count_to(6), falls(0.16 * (1.4 - model.skill)), 60) },
    { figure: "dialogue/dialogue.turns", by: "turn", points: curve(count_to(20), falls(0.035 * (1.3 - model.skill)), 80) },
  ];
}

function hardware(model) {
  const row = (id, title, unit, value, higher_is_better, more = {}) =>
    ({ id, title, unit, value, low: null, high: null, obtained: "measured", higher_is_better, note: "", ...more });
  const rate = row("decode_tokens_per_second", "decode, one at a time", "tokens/s", model.speed, true,
    { low: model.speed * 0.97, high: model.speed * 1.03, note: "median of 5" });
  if (model.kind === "api") return [rate];
  return [
    rate, row("prefill_tokens_per_second", "prompt", "tokens/s", model.speed * 11.3, true),
    row("peak_memory", "memory at most", "bytes", model.parameters * 2 + 41_000_000, false),
    row("energy_per_answer", "energy of an answer", "J", 900 / model.speed, false, { obtained: "predicted", note: "15 W by time" }),
  ];
}

const kOdd = [  // what a hostile or careless model writes
  `</script><img src=x onerror="window.pwned = 1"><script>window.pwned = 2</script>`,
  `<!-- <script> {{script}} ${"\u2028"} &lt;b&gt;bold?&lt;/b&gt; <svg onload=window.pwned=3>`,
];

function sample(model, suite, i) {
  const level = 1 + (i % 6), right = random() < model.skill - 0.05 * (level - 3), cut = !right && random() < 0.3;
  const dialogue = suite === "logic" && i % 4 === 3;
  const family = suite === "code" ? "two-sum" : dialogue ? "dialogue" : pick(["arithmetic", "recall"]);
  const a = Math.floor(random() * 90) + 10, b = Math.floor(random() * 90) + 10;
  const answer = right ? a + b : a + b + pick([-10, -1, 1, 10]);
  const program = `def add(a, b):\n    """The sum of a and b."""\n    return a ${right ? "+" : "-"} b`;
  const content = suite === "code" ? `Here it is:\n\n\`\`\`python\n${program}\n\`\`\`\n` : `\\boxed{${answer}}`;
  const odd = i < kOdd.length && kOdd[i];
  return {
    run: run_of(model, suite), suite, item: `${family}-${level}-test-1-${Math.floor(i / (dialogue ? 4 : 1))}`, level, sample: 0,
    turn: dialogue ? i % 4 : 0, status: cut ? pick(["truncated_in_thought", "truncated_in_answer"]) : "ok", score: right ? 1 : 0,
    verdict: right ? "right" : cut ? "cut off" : "wrong", note: right ? "" : cut ? "no answer within 1024 tokens" : `expected ${a + b}, got ${answer}`,
    prompt: odd || `A shop has ${a} lamps in the morning and gets ${b} more by noon.\nHow many lamps has it then? Think step by step.`,
    reasoning: odd || `The shop starts with ${a}.\nThen ${b} come: ${a} + ${b} = ${answer}.\n` + (i % 97 === 0 ? "Let me check that again. ".repeat(1500) : ""),
    content: odd ? `${odd}\n\`\`\`html\n${odd}\n\`\`\`` : cut ? "" : content,
    thought_tokens: 20 + Math.floor(random() * 400), answer_tokens: cut ? 0 : 3 + Math.floor(random() * 9),
    parts: suite === "code" ? { "code.syntax": 1, "code.solved": right ? 1 : 0 } : {},
  };
}

function models() {
  const each = Math.ceil(samples_wanted / kModels.length);
  return kModels.map((model, m) => {
    const n = Math.max(0, Math.min(each, samples_wanted - m * each));
    const samples = Array.from({ length: n }, (_, i) => sample(model, i % 5 === 4 && model.kind !== "api" ? "code" : "logic", i));
    const statuses = {};
    for (const { status } of samples) statuses[status] = (statuses[status] ?? 0) + 1;
    return {
      name: model.name, kind: model.kind ?? "local", parameters: model.parameters, active_parameters: model.active ?? model.parameters,
      weights_bytes: model.parameters && model.parameters * 2, format: model.parameters && "BF16",
      runs: [{ run: run_of(model, "logic"), suite: "logic" }, { run: run_of(model, "code"), suite: "code" }],
      figures: figures(model), breakdowns: breakdowns(model), statuses, thought_tokens: 180 + 20 * m, answer_tokens: 6.1,
      hardware: hardware(model), samples,
    };
  });
}

function differences(models) {
  const of = (model, id) => model.figures.find((figure) => figure.id === id);
  return ["correct", "arithmetic/correct", "code.solved"].flatMap((figure) => models.flatMap((a) => models.flatMap((b) => {
    if (a === b || !of(a, figure) || !of(b, figure)) return [];
    const value = of(a, figure).value - of(b, figure).value, half = 0.021;
    const verdict = value + half < 0 ? "worse" : value - half > -0.035 ? "not_worse" : "undecided";
    const words = { worse: "worse", not_worse: "not shown worse; margin 3.5", undecided: "undecided: needs more items" }[verdict];
    const only_b = Math.max(0, Math.round(20 - 200 * value));
    return [{ figure, a: a.name, b: b.name, value, low: value - half, high: value + half, items: 400, only_a: 20, only_b,
              p: clamp(Math.abs(0.02 / (value + 0.001))), p_holm: clamp(Math.abs(0.2 / (value + 0.001))), verdict, text: words }];
  })));
}

const all = models();
console.log(JSON.stringify({
  retort: "retort 0.1 (made-up data)", margin: 0.035, generated: "2026-11-24T20:00:00Z",
  machine: { name: "a made-up machine", threads: 2, isa: "avx512" }, budget_seconds: 240, journal: "demo.sqlite",
  figures: kRows.map(([id, section, higher_is_better, title, about]) => ({ id, section, title, about, higher_is_better })),
  models: all, differences: differences(all), plan: plan(kModels),
  published: [
    { model: "DeepSeek-R1-Distill-Qwen-7B", benchmark: "AIME 2024 pass@1", value: 55.5, unit: "%", source: "DeepSeek-R1 paper, table 5", url: "arXiv 2501.12948", date: "2025-01-22" },
    { model: "DeepSeek-R1-Distill-Qwen-7B", benchmark: "MATH-500 pass@1", value: 92.8, unit: "%", source: "DeepSeek-R1 paper, table 5", url: "https://arxiv.org/abs/2501.12948", date: "2025-01-22" },
    { model: "somebody's", benchmark: "a link that is none", value: 1, unit: "", source: "nowhere", url: "javascript:window.pwned=4", date: "" },
  ],
  claims: [
    { id: "L1", claim: "The 13 B model solves 87 % of logic problems", claimed: "87 %", published: "no figure found", measured: "91.2 % (89.1 to 93.0)", verdict: "not comparable: other problems" },
    { id: "L2", claim: "Step completeness above 90 %", claimed: "> 90 %", published: "", measured: "86.0 % (81.2 to 90.8)", verdict: "not shown" },
    { id: "C1", claim: "Code is documented completely", claimed: "95 %", published: "", measured: "not measured", verdict: "open" },
  ],
  recommendations: [
    { scenario: "mobile or edge", model: "demo-3", sentence: "demo-3 solves 74.0 % (71.0 to 77.0) at 4 900 tokens a second in 42 MiB; no smaller model comes within 10 points.", runs: [run_of(kModels[2], "logic")], runner_up: "demo-1.5", why_not: "12.8 points worse (10.7 to 14.9)." },
    { scenario: "one server, quality first", model: "demo-13", sentence: "demo-13 is not shown worse than demo-pro (-1.0, 95 % -3.1 to 1.1; margin 3.5) and 1.6 times as fast.", runs: [run_of(kModels[4], "logic"), run_of(kModels[4], "code")], runner_up: "demo-pro", why_not: "Slower for no gain that was shown." },
    { scenario: "many short questions", model: "demo-1.5", sentence: "demo-1.5 costs the least for each solved problem: 0.04 s (0.03 to 0.05).", runs: [run_of(kModels[1], "logic")] },
  ],
  think_budget: kModels.slice(2, 6).map((model) =>
    ({ model: model.name, run: run_of(model, "logic"), points: curve([16, 32, 64, 128, 256, 512], (i) => model.skill * (1 - Math.exp(-(i + 1) / 1.6)), 100) })),
}));
