// Memory stacked by part: a bar for each model, with what the chosen device has.
import { barX, ruleX, text, tip, pointerY } from "@observablehq/plot";
import { chart } from "../charts/frame.js";
import { bytes } from "../format.js";
import { load_for, memory_of } from "./formulas.js";

const kGroups = [["weights", "var(--s0)"], ["keys and values", "var(--s4)"], ["working memory", "var(--s6)"]];
const kBar = 34, kNarrowBar = 46;  // pixels for a model; on narrow screens its name stands above the bar
const kMost = 2.5;  // times what the device has

export const memory_groups = () => kGroups.map(([name, colour]) => ({ name, colour }));

/// entries: [{model, precision}].
export function memory_chart(entries, device, load) {
  const bars = entries.flatMap(({ model, precision }) => {
    const { parts, total } = memory_of(model, precision, device, load_for(model, load));
    let from = 0;
    return kGroups.map(([group, colour]) => {
      const size = parts.filter((part) => part.group === group).reduce((sum, part) => sum + part.bytes, 0);
      return { model: model.name, group, colour, size, from, to: (from += size), total, parts: parts.filter((part) => part.group === group) };
    });
  });
  const capacity = device.memory_bytes;
  // A bar of many times what the device has would hide the others: it is cut, and its number says so.
  const most = Math.min(Math.max(capacity, ...bars.map(({ to }) => to)), kMost * capacity), unit = unit_of(most);
  const end = (value) => Math.min(value, most) / unit.size;
  const names = entries.map(({ model }) => model.name), margin = Math.min(230, 16 + 7.4 * Math.max(...names.map((name) => name.length)));
  const label = (b) => bytes(b.total) + (b.total > most ? " \u2192" : "");
  const options = (width) => ({
    height: 60 + (width < 520 ? kNarrowBar : kBar) * entries.length, marginLeft: width < 520 ? 12 : margin, marginRight: 76, marginBottom: 40, marginTop: 18,
    x: { label: unit.name, labelAnchor: "center", labelArrow: "none", domain: [0, most / unit.size], ticks: Math.max(3, Math.floor(width / 110)), grid: true },
    y: { label: null, domain: names, padding: width < 520 ? 0.5 : 0.3, axis: width < 520 ? null : "left" },
    marks: [
      barX(bars, { y: "model", x1: (b) => end(b.from), x2: (b) => end(b.to), fill: "colour" }),
      width < 520 ? text(names, { y: (name) => name, x: 0, text: (name) => name, textAnchor: "start", dy: -20, fill: "var(--ink)" }) : null,
      text(bars.filter(({ group }) => group === kGroups.at(-1)[0]), { y: "model", x: (b) => end(b.total), text: label, textAnchor: "start", dx: 5, fill: "var(--ink)" }),
      ruleX([capacity / unit.size], { stroke: "var(--bad)", strokeDasharray: "5 3", strokeWidth: 1.5 }),
      tip(bars.filter(({ size }) => size > 0), pointerY({ y: "model", x: (b) => (end(b.from) + end(b.to)) / 2, title: described, fill: "var(--paper)", stroke: "var(--line)", textPadding: 8 })),
    ],
    color: { type: "identity" },
  });
  const title = `Memory with ${load.users} \u00d7 ${load.context} positions. Dashed: what ${device.name} has, ${bytes(capacity)}.`;
  return chart(title, "Memory by part", options, {
    head: ["model", ...kGroups.map(([name]) => ({ text: name, class: "figure" })), { text: "all", class: "figure" }],
    rows: entries.map(({ model, precision }) => {
      const of = bars.filter((bar) => bar.model === model.name);
      return [`${model.name}, ${precision.format}`, ...of.map(({ size }) => bytes(size)), bytes(of[0].total)];
    }),
  });
}

const described = (bar) => [`${bar.model}, ${bar.group}: ${bytes(bar.size)}`, ...bar.parts.map((part) => `${part.name}: ${bytes(part.bytes)}`)].join("\n");

function unit_of(value) {
  const power = Math.min(4, Math.floor(Math.log2(value) / 10));
  return { size: 1024 ** power, name: ["B", "KiB", "MiB", "GiB", "TiB"][power] };
}
