// What others published, in columns of its own, with who and when.
import { finite, text } from "../comparison.js";
import { element, outer_link, scroll_box, table } from "../dom.js";
import { number } from "../format.js";

export function published_section({ published }) {
  if (published.length === 0) return null;
  const head = ["model", "benchmark", { text: "published", class: "figure" }, "source", "date"];
  const rows = published.map((entry) => element("tr", {},
    element("th", { scope: "row" }, text(entry.model)), element("td", {}, text(entry.benchmark)),
    element("td", { class: "figure" }, element("span", { class: "value" }, value_of(entry))),
    element("td", {}, text(entry.source), text(entry.url) && [" \u00b7 ", outer_link(text(entry.url))]),
    element("td", { class: "date" }, text(entry.date))));
  return element("div", {},
    element("p", { class: "muted" }, "Nothing in this table was measured here; the conditions are those of the source."),
    scroll_box("Published figures", table(head, rows, { class: "plain" })));
}

function value_of({ value, unit }) {
  const known = finite(value);
  return [known === null ? text(value) : number(known), text(unit)].filter(Boolean).join("\u202f");
}
