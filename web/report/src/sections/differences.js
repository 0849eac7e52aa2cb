// Differences between two models on the same items: a row for each pair, with its interval drawn around zero.
import { element, drawing, scroll_box, select_of, table } from "../dom.js";
import { number, points, probability, spaced } from "../format.js";
import { group_of } from "../comparison.js";

export function differences_section(comparison) {
  const { differences } = comparison;
  if (differences.length === 0) return null;
  const figures = [...new Set(differences.map(({ figure }) => figure))];
  const title = (id) => [spaced(group_of(id)), comparison.row(id).title].filter(Boolean).join(": ");
  const box = element("div", {});
  const show = (figure) => box.replaceChildren(
    differences_table(comparison, differences.filter((d) => d.figure === figure)));
  show(figures[0]);
  return element("div", {},
    element("p", { class: "muted" }, "Measured on the same items: the mean of a \u2212 b in points, with its 95\u202f% interval. " +
      "\u201cOnly a\u201d counts the items that a alone has right. The last p is corrected by Holm\u2019s method for the number of comparisons." +
      (comparison.margin === null ? "" : ` A loss of at most ${number(100 * comparison.margin)} points counts as none.`)),
    element("div", { class: "choices" }, select_of("figure", figures.map((id) => [id, title(id)]), figures[0], show)), box);
}

function differences_table(comparison, rows) {
  const reach = Math.max(0.005, ...rows.flatMap(({ value, low, high }) => [value, low, high].map((x) => Math.abs(x ?? 0))));
  const head = ["a", "b", { text: "a \u2212 b", class: "figure" }, { text: "", class: "whisker" }, { text: "items", class: "figure" },
    { text: "only a", class: "figure" }, { text: "only b", class: "figure" }, { text: "p", class: "figure" },
    { text: "p (Holm)", class: "figure" }, "verdict"];
  return scroll_box("Differences between models", table(head, rows.map((row) => difference_row(comparison, row, reach)),
    { class: "plain differences" }), { class: "scroll tall" });
}

function difference_row(comparison, d, reach) {
  const cell = (value, format) => element("td", { class: "figure" }, value === null ? "\u2013" : format(value));
  return element("tr", {},
    element("th", { scope: "row" }, d.a), element("th", { scope: "row" }, d.b),
    element("td", { class: "figure" }, element("div", { class: "value" }, points(d.value)),
      d.low !== null && element("div", { class: "range" }, `${points(d.low)} to ${points(d.high)}`)),
    element("td", { class: "whisker" }, whisker(d, reach, comparison.row(d.figure).higher_is_better)),
    cell(d.items, number), cell(d.only_a, number), cell(d.only_b, number), cell(d.p, probability), cell(d.p_holm, probability),
    element("td", { class: "verdict-text" }, d.text || spaced(d.verdict)));
}

/// The interval as a line around zero; `reach` is what half of the width stands for.
function whisker({ value, low, high }, reach, higher_is_better) {
  const x = (v) => 60 + (56 * v) / reach;
  return drawing("svg", { viewBox: "0 0 120 16", width: 120, height: 16, role: "img",
                          "aria-label": `${points(value)} points; a is better on the ${higher_is_better ? "right" : "left"}` },
    drawing("line", { x1: 60, x2: 60, y1: 0, y2: 16, class: "zero" }),
    low !== null && drawing("line", { x1: x(low), x2: x(high), y1: 8, y2: 8, class: "interval" }),
    drawing("circle", { cx: x(value), cy: 8, r: 2.5 }));
}
