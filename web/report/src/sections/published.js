// What others published, in a table of its own: a column for each benchmark, and under it where each number is from.
import { finite, text } from "../values.js";
import { element, outer_link, scroll_box, table } from "../dom.js";
import { number } from "../format.js";

export function published_section({ published }) {
  if (published.length === 0) return null;
  const distinct = (name) => [...new Set(published.map((entry) => text(entry[name])))];
  const models = distinct("model"), benchmarks = distinct("benchmark");
  const sources = [...new Map(published.map((entry) => [source_key(entry), entry])).values()];
  const number_of = new Map(sources.map((entry, i) => [source_key(entry), i + 1]));
  const cell = (entries) => element("td", { class: "figure" }, entries.length === 0 ? "\u2013" : entries.map((entry) =>
    element("div", {}, element("span", { class: "value" }, value_of(entry)), element("sup", {}, String(number_of.get(source_key(entry)))))));
  const rows = models.map((model) => element("tr", {}, element("th", { scope: "row", class: "name" }, model), benchmarks.map((benchmark) =>
    cell(published.filter((entry) => text(entry.model) === model && text(entry.benchmark) === benchmark)))));
  const head = [{ text: "model", class: "name" }, ...benchmarks.map((benchmark) => ({ text: benchmark, class: "figure" }))];
  return element("div", {},
    element("p", { class: "muted" }, "Nothing in this table was measured here; the conditions are those of the source."),
    scroll_box("Published figures", table(head, rows, { class: "figures plain published" })),
    element("ol", { class: "sources" }, sources.map((entry) => element("li", {},
      [text(entry.source), text(entry.date)].filter(Boolean).join(", "), text(entry.url) && [" \u00b7 ", outer_link(text(entry.url))]))));
}

const source_key = (entry) => JSON.stringify([text(entry.source), text(entry.url), text(entry.date)]);

function value_of({ value, unit }) {
  const known = finite(value);
  return [known === null ? text(value) : unit === "%" ? known.toFixed(1) : number(known), text(unit)].filter(Boolean).join("\u202f");
}
