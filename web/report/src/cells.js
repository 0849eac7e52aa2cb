// A cell of a table of figures: the value, its interval, and how it was obtained.
import { element } from "./dom.js";
import { number, range, short_run } from "./format.js";
import { kMarks } from "./marks.js";

/// A run's id; a link to its samples where the report has them.
export function run_link(comparison, run) {
  return comparison.runs.has(run)
    ? element("a", { href: `#run=${encodeURIComponent(run)}`, title: `samples of run ${run}` }, short_run(run))
    : element("span", { title: `run ${run}` }, short_run(run));
}

/// {format, bare, mark, beside}: `bare` writes the ends of the interval, `beside` is a node under them.
export function figure_cell(comparison, figure, { format, bare = format, mark, beside }) {
  const sign = mark && kMarks[mark];
  return element("td", { class: `figure ${mark ?? ""}`, title: figure.note || null },
    element("div", { class: "value" },
      sign && element("span", { class: "mark", role: "img", "aria-label": sign.label, title: sign.label }, sign.sign),
      format(figure.value)),
    (figure.low !== null || figure.items !== null) && element("div", { class: "range" },
      [figure.low !== null && range(figure.low, figure.high, bare), figure.items !== null && `n ${number(figure.items)}`]
        .filter(Boolean).join(" \u00b7 ")),
    beside,
    element("div", { class: "origin" }, figure.obtained,
      figure.run && [" \u00b7 ", run_link(comparison, figure.run)],
      figure.source && ` \u00b7 ${figure.source}`),
    figure.note && element("div", { class: "origin" }, figure.note));
}

export const empty_cell = () => element("td", { class: "figure none" }, element("span", { "aria-label": "no value" }, "\u2013"));

/// A model's name with the colour and the sign that it has in the charts.
export function model_name(model, kind = "") {
  return element("span", { class: "model" }, element("span", { class: `swatch s${model.index % 8}`, "aria-hidden": "true" }),
    model.name, kind && element("span", { class: "origin" }, ` ${kind}`));
}
