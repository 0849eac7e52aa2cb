// What every chart of the report shares: size by its box, drawing again when that changes, the models' signs, and the
// numbers behind it as a table for those who do not look at pictures.
import { plot } from "@observablehq/plot";
import { element, scroll_box, table } from "../dom.js";

const kSymbols = ["circle", "square", "triangle", "diamond", "star", "cross", "hexagon", "wye"];

/// Of a model's place in the comparison: colour and sign, told apart by either alone.
export const colour = (place) => `var(--s${place % 8})`;
export const symbol = (place) => kSymbols[place % 8];

/// A chart that draws itself as wide as its box. `options(width)` are Plot's; `numbers` is {head, rows} of texts.
export function chart(title, label, options, numbers) {
  const box = element("div", { class: "canvas" });
  let drawn = 0;
  const draw = () => {
    const width = Math.floor(box.clientWidth);
    if (width === drawn || width === 0) return;
    drawn = width;
    box.replaceChildren(plot({ width, ariaLabel: label, style: { background: "transparent", fontSize: "12px", overflow: "visible" },
                               ...options(width) }));
  };
  new ResizeObserver(draw).observe(box);
  return element("figure", {}, element("figcaption", {}, title), box,
    element("details", {}, element("summary", {}, "numbers"),
      scroll_box(label, table(numbers.head, numbers.rows.map((row) =>
        element("tr", {}, row.map((cell, i) => element(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : { class: "figure" }, cell)))),
        { class: "plain" }))));
}

/// The models' signs, once for all charts beneath.
export function models_key(models) {
  return element("p", { class: "key" }, models.map((model) =>
    element("span", { class: "model" }, key_sign(model.index), model.name)));
}

function key_sign(place) {
  // One mark alone, so that the key shows the very sign of the charts.
  return element("span", { class: `sign s${place % 8}`, "aria-hidden": "true" }, ["\u25cf", "\u25a0", "\u25b2", "\u25c6", "\u2605", "\u271a", "\u2b22", "Y"][place % 8]);
}
