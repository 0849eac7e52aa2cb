// Tables of the figures of logic and of code. A column is one model's values of one origin, so that published and
// measured ones never stand in one column.
import { empty_cell, figure_cell, model_name } from "../cells.js";
import { group_of, row_id } from "../comparison.js";
import { element, scroll_box, table } from "../dom.js";
import { bare, number, percent, plural, spaced } from "../format.js";
import { marks_key, marks_of } from "../marks.js";

// Accuracies: beside them stands how many answers were cut off, as those count as wrong.
const kAccuracies = new Set(["correct", "code.solved"]);
// An accuracy with more answers cut off than this says more about the limit than about the model.
const kManyCutOff = 0.05;

export function figures_section(comparison, section) {
  return tables(comparison, (id) => comparison.row(id).section === section, section === "logic");
}

/// Figures that no row tells about.
export function other_figures_section(comparison) {
  return tables(comparison, (id) => !["logic", "code", "hardware"].includes(comparison.row(id).section), false);
}

function tables(comparison, belongs, with_statuses) {
  const columns = columns_of(comparison, belongs);
  if (columns.length === 0) return null;
  const ids = ordered_ids(comparison, columns);
  const groups = [...new Set(ids.map(group_of))];
  const rows = groups.flatMap((group) => [
    group && group_row(group, columns.length),
    ...ids.filter((id) => group_of(id) === group).map((id) =>
      figure_row(comparison, columns, id, ids.find((other) => row_id(other) === row_id(id)) === id))]);
  const head = [{ text: "figure", class: "name" }, ...columns.map((column) => ({ text: model_name(column.model,
    column.obtained === "measured" ? "" : column.obtained), class: "figure" }))];
  return element("div", {}, marks_key(element), scroll_box("Figures", table(head, rows.filter(Boolean), { class: "figures" })),
    with_statuses && statuses(comparison));
}

function columns_of(comparison, belongs) {
  return comparison.models.flatMap((model) => {
    const figures = model.figures.filter(({ id }) => belongs(id));
    const origins = [...new Set(figures.map(({ obtained }) => obtained))];
    return origins.map((obtained) =>
      ({ model, obtained, figures: new Map(figures.filter((f) => f.obtained === obtained).map((f) => [f.id, f])) }));
  });
}

/// In the order of the table of figures; those of the whole first, then group by group.
function ordered_ids(comparison, columns) {
  const place = new Map(comparison.rows.map((row, i) => [row.id, i]));
  const order = (id) => place.get(row_id(id)) ?? comparison.rows.length;
  return [...new Set(columns.flatMap(({ figures }) => [...figures.keys()]))].sort((a, b) => order(a) - order(b));
}

const group_row = (group, columns) =>
  element("tr", { class: "group" }, element("th", { scope: "rowgroup", colspan: columns + 1 }, element("span", {}, spaced(group))));

/// What the figure is stands in words where it comes first; below, over the name.
function figure_row(comparison, columns, id, first) {
  const row = comparison.row(id);
  const measured = columns.filter(({ obtained, figures }) => obtained === "measured" && figures.has(id))
    .map(({ model, figures }) => ({ model: model.name, value: figures.get(id).value }));
  const marks = marks_of(comparison.differences, id, measured, row.higher_is_better);
  return element("tr", {},
    element("th", { scope: "row", class: "name", title: row.about || null }, row.title, !row.higher_is_better && element("span", { class: "less" }, "less is better"),
      first && row.about && element("div", { class: "about" }, row.about)),
    columns.map(({ model, obtained, figures }) => figures.has(id)
      ? figure_cell(comparison, figures.get(id), { ...formats_of(figures.get(id)), beside: cut_off_beside(figures, id),
                                                   mark: obtained === "measured" ? marks.get(model.name) : null })
      : empty_cell()));
}

const formats_of = ({ value }) =>
  (value >= 0 && value <= 1 ? { format: percent, bare: (end) => bare(end, "share") } : { format: number });

function cut_off_beside(figures, id) {
  if (!kAccuracies.has(row_id(id))) return null;
  const wanted = row_id(id) === "correct" ? "cut_off" : "code.cut_off";
  const group = group_of(id);
  const own = figures.get(group ? `${group}/${wanted}` : wanted), cut_off = own ?? figures.get(wanted);
  if (!cut_off) return null;
  return element("div", { class: cut_off.value > kManyCutOff ? "cut-off many" : "cut-off" },
    `cut off ${percent(cut_off.value)}`, !own && " of all");
}

/// How answers came to their end, all suites together.
function statuses(comparison) {
  const models = comparison.models.filter((model) => model.statuses.length > 0);
  if (models.length === 0) return null;
  const names = [...new Set(models.flatMap((model) => model.statuses.map(([name]) => name)))];
  const head = [{ text: "all answers", class: "name" }, ...models.map((model) => ({ text: model_name(model), class: "figure" }))];
  const rows = names.map((name) => element("tr", {}, element("th", { scope: "row", class: "name" }, spaced(name)),
    models.map((model) => status_cell(model, name))));
  return element("div", {}, element("h3", {}, "How answers ended"),
    element("p", { class: "muted" }, "Counted in the runs of this report. What was cut off counts as wrong everywhere."),
    scroll_box("How answers ended", table(head, rows, { class: "figures" })));
}

function status_cell(model, name) {
  const all = model.statuses.reduce((sum, [, n]) => sum + n, 0);
  const n = Object.fromEntries(model.statuses)[name] ?? 0;
  return element("td", { class: "figure" }, element("span", { class: "value", title: plural(n, "answer") }, number(n)),
    n > 0 && n < all && element("span", { class: "range" }, ` ${percent(n / all)}`));
}
