// The roofline of a device (Williams, Waterman and Patterson 2009): what can be computed at most with so many
// operations for each byte that is read; the predicted steps hollow, what was measured filled.
import { dot, line, text, tip, pointer } from "@observablehq/plot";
import { chart, colour, symbol } from "../charts/frame.js";
import { number, quantity } from "../format.js";
import { decode_step, load_for, step_of } from "./formulas.js";

/// entries: [{model, precision}]; measured: those of the plan on this device.
export function roofline_chart(entries, device, load, measured) {
  const points = entries.flatMap((entry) => predicted(entry, device, load_for(entry.model, load)));
  for (const run of measured) {
    const entry = entries.find(({ model, precision }) => model.name === run.model && precision.format === run.format);
    if (entry) points.push(measured_point(entry, device, run));
  }
  const roofs = [...new Set(entries.flatMap(({ precision }) => precision.products.map((p) => p.class)))].map((name) => roof(device, name));
  const x = [Math.min(...points.map((p) => p.intensity)) / 2, Math.max(...points.map((p) => p.intensity), ...roofs.map(({ ridge }) => ridge)) * 4];
  const top = Math.max(...roofs.map(({ peak }) => peak)), bottom = Math.min(...points.map((p) => p.operations)) / 2;
  const lines = roofs.flatMap((r) => [x[0], r.ridge, x[1]].filter((v) => v >= x[0]).map((v) =>
    ({ x: v, y: Math.min(r.peak, v * r.bandwidth), name: r.name })));
  const options = (width) => ({
    height: 340, marginLeft: 58, marginRight: 20, marginBottom: 46, marginTop: 22,
    x: { type: "log", domain: x, label: "operations for each byte read", labelAnchor: "center", labelArrow: "none", ticks: Math.max(3, Math.floor(width / 120)), tickFormat: number },
    y: { type: "log", domain: [bottom, top * 3], label: "operations/s", labelArrow: "none", grid: true, ticks: 6, tickFormat: short },
    marks: [
      line(lines, { x: "x", y: "y", z: "name", stroke: "var(--muted)", strokeWidth: 1.5 }),
      text(roofs, { x: () => x[1], y: "peak", text: (r) => `${r.name}: ${short(r.peak)} reached`, textAnchor: "end", dy: -16, fill: "var(--muted)" }),
      dot(points.filter((p) => p.obtained !== "measured"), { x: "intensity", y: "operations", r: 4.5, stroke: (p) => colour(p.index), symbol: (p) => symbol(p.index), strokeWidth: 1.5 }),
      dot(points.filter((p) => p.obtained === "measured"), { x: "intensity", y: "operations", r: 5, fill: (p) => colour(p.index), symbol: (p) => symbol(p.index) }),
      tip(points, pointer({ x: "intensity", y: "operations", title: described, fill: "var(--paper)", stroke: "var(--line)", textPadding: 8 })),
    ],
    symbol: { type: "identity" }, color: { type: "identity" },
  });
  const title = `Roofline of ${device.name}, as the plan takes it: ${quantity(device.bytes_per_second / 1e9, "GB/s")} times the share that is reached. Hollow: predicted. Filled: measured.`;
  return chart(title, `Roofline of ${device.name}`, options, {
    head: ["model", "step", { text: "operations/byte", class: "figure" }, { text: "operations/s", class: "figure" },
           { text: "tokens/s", class: "figure" }, { text: "obtained", class: "figure" }],
    rows: points.map((p) => [`${p.model}, ${p.format}`, p.step, number(p.intensity), short(p.operations), number(p.rate), p.obtained]),
  });
}

function roof(device, name) {
  const bandwidth = device.bytes_per_second * device.decode[name].value;
  const peak = device.peaks[name] * device.prefill[name].value;
  return { name: kNames[name], bandwidth, peak, ridge: peak / bandwidth };
}
const kNames = { wide: "16 bits and more", fp8: "FP8", int8: "8-bit integers", packed: "fewer bits" };

function predicted({ model, precision }, device, load) {
  const point = (step, what, tokens) => ({ model: model.name, format: precision.format, index: model.index, step: what,
    intensity: step.operations / step.bytes, operations: step.operations / step.seconds, rate: tokens / step.seconds, obtained: "predicted" });
  const steps = [...new Set([1, load.users])].map((users) =>
    point(decode_step(model, precision, device, { ...load, users }), `decode, ${users} at once`, users));
  const chunk = Math.min(512, load.prompt);
  return [...steps, point(step_of(model, precision, device, { prefill: chunk, behind: 0, outputs: 1 }), `prompt of ${chunk}`, chunk)];
}

/// Its rate is measured; what a step reads and computes follows from the model.
function measured_point({ model, precision }, device, run) {
  const prefill = run.phase === "prefill";
  const tokens = prefill ? Math.min(512, run.context) : run.users;
  const step = prefill ? step_of(model, precision, device, { prefill: tokens, behind: 0, outputs: 1 })
                       : decode_step(model, precision, device, run);
  return { model: model.name, format: precision.format, index: model.index, step: prefill ? `prompt of ${run.context}` : `decode, ${run.users} at once`,
           intensity: step.operations / step.bytes, operations: step.operations * run.tokens_per_second / tokens,
           rate: run.tokens_per_second, obtained: "measured" };
}

const described = (p) => `${p.model}, ${p.format}: ${p.step}\n${number(p.rate)} tokens/s, ${p.obtained}\n${number(p.intensity)} operations a byte`;

/// 2.1e13 -> "21 T"
function short(value) {
  for (const [unit, size] of [["P", 1e15], ["T", 1e12], ["G", 1e9], ["M", 1e6]])
    if (value >= size) return `${number(Number((value / size).toPrecision(3)))}\u202f${unit}`;
  return number(Number(value.toPrecision(3)));
}
