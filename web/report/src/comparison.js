// The comparison as the report reads it. Any part may be absent and any value may be of the wrong kind; what cannot
// be used is left out here, so that the sections need not ask.
import { read_plan } from "./plan/read.js";
import { finite, list, record, text } from "./values.js";

/// "correct" of "dialogue/correct", and "dialogue".
export const row_id = (id) => id.slice(id.lastIndexOf("/") + 1);
export const group_of = (id) => (id.includes("/") ? id.slice(0, id.lastIndexOf("/")) : "");

export function read_comparison(raw) {
  raw = record(raw);
  const models = list(raw.models).map(read_model);
  const comparison = {
    retort: text(raw.retort), generated: text(raw.generated), journal: text(raw.journal),
    machine: record(raw.machine), margin: finite(raw.margin), budget_seconds: finite(raw.budget_seconds), models,
    rows: list(raw.figures).map(read_row),
    differences: list(raw.differences).map(read_difference).filter((d) => d.value !== null),
    published: list(raw.published), claims: list(raw.claims), recommendations: list(raw.recommendations),
    think_budget: list(raw.think_budget).map((curve) =>
      ({ model: text(curve.model), runs: [...new Set([curve, ...list(curve.points)].map(({ run }) => text(run)).filter(Boolean))], points: list(curve.points).map(read_point).filter(Boolean) })),
    plan: read_plan(raw.plan),
    samples: models.flatMap((model) => model.samples),
  };
  comparison.row = (id) => row_of(comparison.rows, id);
  comparison.runs = new Set(comparison.samples.map((sample) => sample.run));
  comparison.place = new Map(models.map((model, i) => [model.name, i]));
  return comparison;
}

function read_row(row) {
  return { id: text(row.id), section: text(row.section), title: text(row.title) || text(row.id),
           about: text(row.about), higher_is_better: row.higher_is_better !== false };
}

/// What is said of a figure; of one that no row tells about, its own id.
function row_of(rows, id) {
  return rows.find((row) => row.id === row_id(id)) ??
    { id: row_id(id), section: "", title: row_id(id), about: "", higher_is_better: true };
}

function read_model(raw, index) {
  const name = text(raw.name) || `model ${index + 1}`;
  return {
    name, index, kind: text(raw.kind), format: text(raw.format), runs: list(raw.runs),
    parameters: finite(raw.parameters), active_parameters: finite(raw.active_parameters),
    weights_bytes: finite(raw.weights_bytes), thought_tokens: finite(raw.thought_tokens),
    answer_tokens: finite(raw.answer_tokens),
    figures: list(raw.figures).map(read_figure).filter(Boolean),
    hardware: list(raw.hardware).map(read_figure).filter(Boolean),
    breakdowns: list(raw.breakdowns).map((b) =>
      ({ figure: text(b.figure), by: text(b.by), points: list(b.points).map(read_point).filter(Boolean) })),
    notes: Array.isArray(raw.notes) ? raw.notes.map(text).filter(Boolean) : [],
    statuses: Object.entries(record(raw.statuses)).filter(([, n]) => finite(n) !== null),
    samples: list(raw.samples).map((sample) => read_sample(sample, name)),
  };
}

/// A figure or a row of hardware: a value, its interval where it has one, and how it was obtained.
function read_figure(raw) {
  const value = finite(raw.value);
  if (value === null || raw.items === 0) return null;
  return { id: text(raw.id), title: text(raw.title) || text(raw.id), unit: text(raw.unit), note: text(raw.note),
           obtained: text(raw.obtained) || "origin not given", run: text(raw.run), source: text(raw.source),
           higher_is_better: raw.higher_is_better !== false, ...estimate(raw) };
}

function estimate(raw) {
  const low = finite(raw.low), high = finite(raw.high);
  const known = low !== null && high !== null;
  return { value: finite(raw.value), low: known ? low : null, high: known ? high : null, items: finite(raw.items) };
}

const read_point = (raw) => (finite(raw.value) === null ? null : { at: text(raw.at), ...estimate(raw) });

function read_difference(raw) {
  return { figure: text(raw.figure), a: text(raw.a), b: text(raw.b), ...estimate(raw), only_a: finite(raw.only_a),
           only_b: finite(raw.only_b), p: finite(raw.p), p_holm: finite(raw.p_holm), verdict: verdict_id(text(raw.verdict)),
           text: text(raw.text) };
}

// Verdicts come as people read them or as ids.
const verdict_id = (verdict) => (verdict === "not shown worse" ? "not_worse" : verdict);

function read_sample(raw, model) {
  return { model, run: text(raw.run), suite: text(raw.suite), item: text(raw.item), level: text(raw.level),
           sample: finite(raw.sample) ?? 0, turn: finite(raw.turn) ?? 0, status: text(raw.status),
           score: finite(raw.score), verdict: text(raw.verdict), note: text(raw.note), prompt: text(raw.prompt),
           reasoning: text(raw.reasoning), content: text(raw.content), thought_tokens: finite(raw.thought_tokens),
           answer_tokens: finite(raw.answer_tokens), parts: record(raw.parts) };
}
