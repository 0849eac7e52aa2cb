// The table of hardware: what the file says of a model's size, then what was measured or predicted of its speed
// and memory.
import { empty_cell, figure_cell, model_name } from "../cells.js";
import { element, scroll_box, table } from "../dom.js";
import { bare, bytes, count, number, quantity } from "../format.js";
import { marks_key, marks_of } from "../marks.js";

export function hardware_section(comparison) {
  const rows = [...size_rows(comparison.models), ...token_rows(comparison.models), ...speed_rows(comparison)];
  if (rows.length === 0) return null;
  const head = [{ text: "", class: "name" }, ...comparison.models.map((model) =>
    ({ text: model_name(model, model.kind === "api" ? "API" : ""), class: "figure" }))];
  return element("div", {}, marks_key(element), scroll_box("Hardware", table(head, rows, { class: "figures" })));
}

const name_cell = (title, about) =>
  element("th", { scope: "row", class: "name" }, title, about && element("div", { class: "about" }, about));

function plain_row(models, title, about, read, format, origin) {
  if (!models.some((model) => read(model))) return [];
  return [element("tr", {}, name_cell(title, about), models.map((model) => read(model)
    ? element("td", { class: "figure" }, element("div", { class: "value" }, format(read(model))),
        origin && element("div", { class: "origin" }, origin))
    : empty_cell()))];
}

function size_rows(models) {
  const origin = "read from the file";
  const measured_too = models.some((model) => model.hardware.some(({ id }) => id === "weights_bytes"));
  return [
    ...plain_row(models, "parameters", "", (model) => model.parameters, count, origin),
    ...plain_row(models, "active parameters", "used by one token", (model) => model.active_parameters, count, origin),
    ...plain_row(models, "format", "of most weights", (model) => model.format, String, origin),
    ...(measured_too ? [] : plain_row(models, "weights", "", (model) => model.weights_bytes, bytes, origin)),
  ];
}

function token_rows(models) {
  return [
    ...plain_row(models, "tokens of thought", "in an answer, mean", (model) => model.thought_tokens, number, "measured"),
    ...plain_row(models, "tokens of the answer", "after the thought, mean", (model) => model.answer_tokens, number, "measured"),
  ];
}

/// One row for each id. Where a model has a measured and a predicted value of it, one for each of the two.
function speed_rows(comparison) {
  const all = comparison.models.flatMap((model) => model.hardware.map((figure) => ({ model, figure })));
  const crowded = new Set(comparison.models.flatMap((model) => repeated(model.hardware.map(({ id }) => id))));
  const key = ({ figure }) => (crowded.has(figure.id) ? `${figure.id} ${figure.obtained}` : figure.id);
  return [...new Set(all.map(key))].map((wanted) => speed_row(comparison, all.filter((entry) => key(entry) === wanted)));
}

const repeated = (ids) => ids.filter((id, i) => ids.indexOf(id) !== i);

function speed_row(comparison, entries) {
  const { id, title, unit, higher_is_better } = entries[0].figure;
  const measured = entries.filter(({ figure }) => figure.obtained === "measured");
  const marks = marks_of(comparison.differences, id,
    measured.map(({ model, figure }) => ({ model: model.name, value: figure.value })), higher_is_better);
  // A note that all share is said once.
  const notes = new Set(entries.map(({ figure }) => figure.note)), shared = notes.size === 1 ? [...notes][0] : "";
  return element("tr", {}, name_cell([title, !higher_is_better && element("span", { class: "less" }, "less is better")], shared),
    comparison.models.map((model) => {
      const figure = entries.find((entry) => entry.model === model)?.figure;
      return figure ? figure_cell(comparison, shared ? { ...figure, note: "" } : figure, { format: (value) => quantity(value, figure.unit || unit),
        bare: (value) => bare(value, figure.unit || unit),
        mark: figure.obtained === "measured" ? marks.get(model.name) : null }) : empty_cell();
    }));
}
