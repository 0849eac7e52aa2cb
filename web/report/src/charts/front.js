// Quality against a cost: a point for each model with its intervals, and the Pareto front: the models that no
// other beats in both.
import { dot, line, ruleX, ruleY, text, tip, pointer } from "@observablehq/plot";
import { percent, range } from "../format.js";
import { chart, colour, symbol } from "./frame.js";

/// Of points {x, y}: those that no other equals or beats in both, by x.
export function pareto_front(points, less_x, less_y) {
  const better = (a, b, less) => (less ? a < b : a > b);
  const by_x = [...points].sort((a, b) =>
    (less_x ? a.x - b.x : b.x - a.x) || (less_y ? a.y - b.y : b.y - a.y));
  const front = [];
  for (const point of by_x)
    if (front.length === 0 || better(point.y, front.at(-1).y, less_y)) front.push(point);
  return front.sort((a, b) => a.x - b.x);
}

/// points: [{model, index, x, x_low, x_high, y, low, high, x_obtained, y_obtained}];
/// x: {title, less, format}, y: {title, less}.
export function front_chart(points, x, y) {
  const front = pareto_front(points, x.less, y.less);
  const logarithmic = points.every((p) => p.x > 0) && span(points) > 8;
  const title = `${y.title} against ${x.title}`;
  const described = (p) => `${p.model}\n${y.title}: ${percent(p.y)}${p.low === null ? "" : ` (${range(p.low, p.high, percent)})`}, ` +
    `${p.y_obtained}\n${x.title}: ${x.format(p.x)}${p.x_low === null ? "" : ` (${range(p.x_low, p.x_high, x.format)})`}, ${p.x_obtained}`;
  const options = (width) => ({
    height: 320, marginLeft: 48, marginRight: 24, marginBottom: 42, marginTop: 26,
    x: { type: logarithmic ? "log" : "linear", label: `${x.title}${x.less ? " (less is better)" : ""}`, nice: true,
         ticks: Math.max(3, Math.floor(width / 130)), tickFormat: x.format, labelAnchor: "center", labelArrow: "none", inset: 24 },
    y: { label: y.title, labelArrow: "none", tickFormat: (v) => percent(v, 0), grid: true, nice: true, ticks: 6 },
    marks: [
      line(front, { x: "x", y: "y", stroke: "var(--muted)", strokeDasharray: "4 3", curve: x.less ? "step-after" : "step-before" }),
      ruleX(points.filter((p) => p.low !== null), { x: "x", y1: "low", y2: "high", stroke: (p) => colour(p.index), strokeWidth: 1.5 }),
      ruleY(points.filter((p) => p.x_low !== null), { y: "y", x1: "x_low", x2: "x_high", stroke: (p) => colour(p.index), strokeWidth: 1.5 }),
      dot(points, { x: "x", y: "y", r: 5, fill: (p) => colour(p.index), symbol: (p) => symbol(p.index) }),
      ...labels(points, width, x, logarithmic),
      tip(points, pointer({ x: "x", y: "y", title: described, fill: "var(--paper)", stroke: "var(--line)", textPadding: 8 })),
    ],
    symbol: { type: "identity" }, color: { type: "identity" },
  });
  return chart(`${title}. Dashed: the Pareto front, beaten by no model in both.`, title, options, {
    head: ["model", { text: x.title, class: "figure" }, { text: "obtained", class: "figure" }, { text: y.title, class: "figure" },
           { text: "95\u202f% interval", class: "figure" }, { text: "obtained", class: "figure" }, { text: "on the front", class: "figure" }],
    rows: points.map((p) => [p.model, x.format(p.x), p.x_obtained, percent(p.y), p.low === null ? "\u2013" : range(p.low, p.high, percent),
                             p.y_obtained, front.includes(p) ? "yes" : "no"]),
  });
}

const span = (points) => Math.max(...points.map((p) => p.x)) / Math.min(...points.map((p) => p.x));

/// A name beside each point: on its right, or on its left where the chart ends.
function labels(points, width, x, logarithmic) {
  const scale = logarithmic ? Math.log : (v) => v;
  const [low, high] = [Math.min, Math.max].map((end) => scale(end(...points.map((p) => p.x))));
  const right = (p) => high === low || (scale(p.x) - low) / (high - low) < 0.72 || width < 200;
  const style = { x: "x", y: "y", text: "model", dy: -9, fill: "var(--ink)", stroke: "var(--paper)", strokeWidth: 4, fontSize: 12 };
  return [text(points.filter(right), { ...style, textAnchor: "start", dx: 7 }),
          text(points.filter((p) => !right(p)), { ...style, textAnchor: "end", dx: -7 })];
}
