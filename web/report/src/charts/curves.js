// A figure along something (level, turn, budget of thought): a line for each model, with its intervals.
import { dot, line, pointerX, ruleX, tip } from "@observablehq/plot";
import { percent, plural, range } from "../format.js";
import { chart, colour, symbol } from "./frame.js";

const kApart = 4;  // pixels between the intervals of two models at one place

/// name and caption: of what is drawn, as a text and as it stands above the chart. curves: [{model, index, points:
/// [{at, value, low, high, items}]}]; along: "level"; logarithmic for budgets.
export function curve_chart(name, caption, curves, along, { logarithmic = false } = {}) {
  const all = curves.flatMap((curve) => curve.points);
  const numeric = all.every(({ at }) => at.trim() !== "" && Number.isFinite(Number(at)) && (!logarithmic || Number(at) > 0));
  const place = numeric ? ({ at }) => Number(at) : ({ at }) => at;
  const places = [...new Set(all.map(place))].sort(numeric ? (a, b) => a - b : undefined);
  const options = (width) => ({
    height: 230, marginLeft: 44, marginRight: 16, marginBottom: 42, marginTop: 14,
    x: { type: numeric ? (logarithmic ? "log" : "linear") : "point", label: along, labelAnchor: "center", labelArrow: "none",
         inset: 14, ticks: numeric ? sparse(places, Math.max(2, Math.floor(width / 46))) : undefined, tickFormat: String },
    y: { label: null, domain: [0, 1], grid: true, tickFormat: (v) => percent(v, 0), ticks: 5 },
    marks: curves.flatMap(({ model, index, points }, i) => {
      const dx = (i - (curves.length - 1) / 2) * kApart;
      return [
        ruleX(points.filter((p) => p.low !== null), { x: place, y1: "low", y2: "high", stroke: colour(index), strokeOpacity: 0.55, strokeWidth: 1.5, dx }),
        line(points, { x: place, y: "value", stroke: colour(index), strokeWidth: 1.5, sort: place, dx }),
        dot(points, { x: place, y: "value", r: 3.5, fill: colour(index), symbol: symbol(index), dx }),
      ].concat(i + 1 < curves.length ? [] : [tip(all_points(curves), pointerX({ x: ({ point }) => place(point), y: ({ point }) => point.value,
        title: (p) => described(along, p), fill: "var(--paper)", stroke: "var(--line)", textPadding: 8 }))]);
    }),
    symbol: { type: "identity" }, color: { type: "identity" },
  });
  return chart(caption, `${name} by ${along}`, options, {
    head: [along, ...curves.map(({ model }) => ({ text: model, class: "figure" }))],
    rows: places.map((at) => [String(at), ...curves.map(({ points }) => cell(points.find((point) => place(point) === at)))]),
  });
}

const all_points = (curves) => curves.flatMap(({ model, points }) => points.map((point) => ({ model, point })));
const described = (along, { model, point }) => `${model}, ${along} ${point.at}\n${cell(point)}` +
  (point.items === null ? "" : `\n${plural(point.items, "item")}`);

function cell(point) {
  if (!point) return "\u2013";
  return percent(point.value) + (point.low === null ? "" : ` (${range(point.low, point.high, percent)})`);
}

/// At most about `wanted` of the places, evenly: 20 turns do not fit as 20 ticks.
function sparse(places, wanted) {
  const step = Math.ceil(places.length / wanted);
  return places.filter((_, i) => i % step === 0);
}
