// The plots: quality against memory and speed, accuracy by level, dialogue by turn, the budget of thought.
import { run_link } from "../cells.js";
import { curve_chart } from "../charts/curves.js";
import { front_chart } from "../charts/front.js";
import { models_key } from "../charts/frame.js";
import { group_of } from "../comparison.js";
import { element, select_of } from "../dom.js";
import { is_bytes, quantity, spaced } from "../format.js";

// The breakdowns in the order in which they are shown, with what stands above them; others follow.
const kBreakdowns = [["level", "Accuracy by level"], ["turn", "Dialogue by turn"]];

export function plots_section(comparison) {
  const curves = [...breakdowns(comparison), think_budget(comparison)];
  const content = [fronts(comparison), ...curves].filter(Boolean);
  if (content.length === 0) return null;
  return element("div", {}, models_key(comparison.models), element("p", { class: "muted" },
    "Lines through points are 95\u202f% intervals; those of speed and memory are what the table of hardware says. Curves were " +
      "measured here; of the points of the first two charts the numbers beneath say how they were obtained."), content);
}

/// Quality against memory and against speed, of figures that the reader chooses.
function fronts(comparison) {
  const qualities = quality_choices(comparison);
  const memories = cost_choices(comparison, is_bytes);
  if (!memories.some(([id]) => id === "weights_bytes") && comparison.models.some((model) => model.weights_bytes !== null)) memories.unshift(["weights", "size of the weights"]);
  const speeds = cost_choices(comparison, (unit) => unit.endsWith("/s"));
  if (qualities.length === 0 || memories.length + speeds.length === 0) return null;
  const usual = speeds.find(([id]) => id === "decode_tokens_per_second") ?? speeds[0];
  const chosen = { quality: qualities[0][0], memory: memories[0]?.[0], speed: usual?.[0] };
  const box = element("div", { class: "charts wide" });
  const show = () => box.replaceChildren(...["memory", "speed"].filter((cost) => chosen[cost])
    .map((cost) => front(comparison, chosen.quality, chosen[cost])).filter(Boolean));
  const choice = (name, choices) => choices.length > 1 &&
    select_of(name, choices, chosen[name], (value) => { chosen[name] = value; show(); });
  show();
  return element("div", {}, element("h3", {}, "Quality against memory and speed"),
    element("div", { class: "choices" }, choice("quality", qualities), choice("memory", memories), choice("speed", speeds)), box);
}

/// Figures that more than one model has, accuracies first.
function quality_choices(comparison) {
  const seen = new Map();
  for (const model of comparison.models)
    for (const { id, value } of model.figures)
      if (value >= 0 && value <= 1 && comparison.row(id).higher_is_better) seen.set(id, (seen.get(id) ?? 0) + 1);
  const place = new Map(comparison.rows.map((row, i) => [row.id, i]));
  const order = (id) => (place.get(comparison.row(id).id) ?? 1000) + (group_of(id) ? 0.5 : 0);
  return [...seen].filter(([, n]) => n > 1 || comparison.models.length === 1).map(([id]) => id)
    .sort((a, b) => order(a) - order(b)).map((id) => [id, title_of(comparison, id)]);
}

const title_of = (comparison, id) => [spaced(group_of(id)), comparison.row(id).title].filter(Boolean).join(": ");

function cost_choices(comparison, fits) {
  const rows = comparison.models.flatMap((model) => model.hardware).filter(({ unit }) => fits(unit));
  return [...new Map(rows.map(({ id, title }) => [id, title]))];
}

function front(comparison, quality, cost) {
  const points = comparison.models.map((model) => point_of(model, quality, cost)).filter(Boolean);
  if (points.length === 0) return null;
  const { unit, title, higher_is_better } = cost_row(comparison, cost);
  return front_chart(points, { title, less: !higher_is_better, unit, format: (value) => quantity(value, unit) },
    { title: title_of(comparison, quality), less: false });
}

function cost_row(comparison, cost) {
  if (cost === "weights") return { unit: "bytes", title: "size of the weights", higher_is_better: false };
  const row = comparison.models.flatMap((model) => model.hardware).find(({ id }) => id === cost);
  // A size is better small even where the row does not say so.
  return { ...row, higher_is_better: row.higher_is_better && row.unit.endsWith("/s") };
}

function point_of(model, quality, cost) {
  const y = model.figures.find(({ id }) => id === quality);
  const x = cost === "weights"
    ? model.weights_bytes !== null && { value: model.weights_bytes, low: null, high: null, obtained: "read from the file" }
    : model.hardware.find(({ id }) => id === cost);
  return x && y && { model: model.name, index: model.index, x: x.value, x_low: x.low, x_high: x.high, y: y.value, low: y.low,
                     high: y.high, x_obtained: x.obtained, y_obtained: y.obtained };
}

function breakdowns(comparison) {
  const all = comparison.models.flatMap((model) =>
    model.breakdowns.map((breakdown) => ({ ...breakdown, model: model.name, index: model.index }))).filter((b) => b.points.length > 0);
  const named = new Map(kBreakdowns);
  const ways = [...new Set([...named.keys(), ...all.map(({ by }) => by)])];
  return ways.map((by) => {
    const curves = all.filter((b) => b.by === by);
    if (curves.length === 0) return null;
    const figures = [...new Set(curves.map(({ figure }) => figure))];
    return element("div", {}, element("h3", {}, named.get(by) ?? `By ${spaced(by)}`), element("div", { class: "charts" },
      figures.map((id) => curve_chart(title_of(comparison, id), title_of(comparison, id), curves.filter(({ figure }) => figure === id), spaced(by)))));
  });
}

function think_budget(comparison) {
  const curves = comparison.think_budget.filter(({ points }) => points.length > 0)
    .map((curve, i) => ({ ...curve, index: comparison.place.get(curve.model) ?? i }));
  if (curves.length === 0) return null;
  return element("div", {}, element("h3", {}, "Budget of thought"), element("div", { class: "charts" },
    curve_chart("share solved", ["Share solved when thinking must end; measured", curves.flatMap(({ runs }) => runs).map((run) => [" \u00b7 ", run_link(comparison, run)])],
      curves, "tokens of thought", { logarithmic: true })));
}
