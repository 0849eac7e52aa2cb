// Device by model: what each cell would reach, shaded by its size; a cell that does not fit says what is missing.
import { element, heading, scroll_box, table } from "../dom.js";
import { bytes, number, percent } from "../format.js";
import { load_for, place } from "./formulas.js";

/// What a cell may show: {title, of(placed), text, less}; shaded by size on a log scale, the better the darker.
export const kHeats = {
  alone: { title: "tokens/s of one request", of: (p) => p.alone, text: number },
  all: { title: "tokens/s of all users together", of: (p) => p.all, text: number },
  prefill: { title: "prompt tokens/s", of: (p) => p.prefill, text: number },
  memory: { title: "share of memory taken", of: (p) => p.share, text: (v) => percent(v, 0), less: true },
  price: { title: "USD per million tokens", of: (p) => p.usd_per_million ?? null, text: number, less: true },
};
const kSteps = 6;  // shades

export function heat_map(plan, heat, format, load) {
  const what = kHeats[heat];
  const rows = plan.models.map((model) => ({ model, cells: plan.devices.map((device) => placed_in(model, format, device, load)) }));
  const values = rows.flatMap(({ cells }) => cells).filter((p) => p?.fits).map(what.of).filter((v) => v > 0);
  const shade = shades(values, what.less);
  const head = [{ text: "", class: "name" }, ...plan.devices.map((device) =>
    ({ text: [device.name, element("div", { class: "origin" }, bytes(device.memory_bytes))], class: "figure" }))];
  return scroll_box(`${what.title}, by device and model`, table(head, rows.map(({ model, cells }) => element("tr", {},
    heading({ text: [model.name, element("div", { class: "about" }, format_of(model, format))], class: "name" }, "row"),
    cells.map((p) => cell(p, what, shade)))), { class: "figures heat" }));
}

/// A model that has no such precision is shown in its first one, which the row names.
function precision_in(model, format) {
  return model.precisions.find((precision) => precision.format === format) ?? model.precisions[0];
}
const format_of = (model, format) => precision_in(model, format).format;
const placed_in = (model, format, device, load) =>
  place(model, precision_in(model, format), device, load_for(model, load));

function cell(p, what, shade) {
  if (!p.fits)
    return element("td", { class: "figure none", title: `${bytes(p.memory.total)} of ${bytes(p.capacity)}, of which 5\u202f% stay free` },
      element("div", {}, "does not fit"), element("div", { class: "origin" }, `needs ${bytes(p.memory.total)}`));
  const value = what.of(p);
  if (value === null) return element("td", { class: "figure none" }, element("div", {}, "no price"));
  return element("td", { class: `figure heat${shade(value)}`, title: `${bytes(p.memory.total)} of ${bytes(p.capacity)}` },
    element("div", { class: "value" }, what.text(value)),
    element("div", { class: "origin" }, p.low < p.high && what === kHeats.alone ? `${number(p.low)}\u2013${number(p.high)}` : percent(p.share, 0) + " of memory"));
}

/// 0 to kSteps - 1, the best the highest.
function shades(values, less) {
  const low = Math.log(Math.min(...values)), high = Math.log(Math.max(...values));
  return (value) => {
    if (values.length === 0 || high === low) return kSteps - 1;
    const place = (Math.log(value) - low) / (high - low);
    return Math.round((less ? 1 - place : place) * (kSteps - 1));
  };
}
