// Quality against a cost: a point for each model with its intervals, and the Pareto front: the models that no
// other beats in both.
import { dot, line, ruleX, ruleY, text, tip, pointer } from "@observablehq/plot";
import { bare, is_bytes, percent, range } from "../format.js";
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
/// x: {title, unit, less, format}, y: {title, less}.
export function front_chart(points, x, y) {
  const front = pareto_front(points, x.less, y.less);
  const logarithmic = points.every((p) => p.x > 0) && span(points) > 8;
  const title = `${y.title} against ${x.title}`;
  const interval = (low, high, format) => (low === null ? "" : ` (${range(low, high, format)})`);
  const described = (p) => `${p.model}\n${y.title}: ${percent(p.y)}${interval(p.low, p.high, percent)}, ${p.y_obtained}\n` +
    `${x.title}: ${x.format(p.x)}${interval(p.x_low, p.x_high, x.format)}, ${p.x_obtained}`;
  const domains = { x: padded(points.flatMap((p) => [p.x, p.x_low ?? p.x, p.x_high ?? p.x]), logarithmic),
                    y: padded(points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]), false).map((v) => Math.min(1, Math.max(0, v))) };
  const options = (width) => ({
    ...kMargins, height: kHeight,
    x: { type: logarithmic ? "log" : "linear", base: is_bytes(x.unit) ? 2 : 10, domain: domains.x, labelAnchor: "center", labelArrow: "none",
         label: [x.title, is_bytes(x.unit) ? "" : x.unit, x.less && "less is better"].filter(Boolean).join(", "),
         ticks: Math.max(3, Math.floor(width / 110)), tickFormat: (v) => bare(v, x.unit) },
    y: { label: y.title, labelArrow: "none", domain: domains.y, tickFormat: (v) => percent(v, 0), grid: true, ticks: 6 },
    marks: [
      line(front, { x: "x", y: "y", stroke: "var(--muted)", strokeDasharray: "4 3", curve: x.less ? "step-after" : "step-before" }),
      ruleX(points.filter((p) => p.low !== null), { x: "x", y1: "low", y2: "high", stroke: (p) => colour(p.index), strokeWidth: 1.5 }),
      ruleY(points.filter((p) => p.x_low !== null), { y: "y", x1: "x_low", x2: "x_high", stroke: (p) => colour(p.index), strokeWidth: 1.5 }),
      dot(points, { x: "x", y: "y", r: 5, fill: (p) => colour(p.index), symbol: (p) => symbol(p.index) }),
      ...names(points, pixels_of(domains, width, logarithmic), width),
      tip(points, pointer({ x: "x", y: "y", title: described, fill: "var(--paper)", stroke: "var(--line)", textPadding: 8 })),
    ],
    symbol: { type: "identity" }, color: { type: "identity" },
  });
  return chart(`${title}. Dashed: the Pareto front, the models that no other beats in both.`, title, options, {
    head: ["model", { text: x.title, class: "figure" }, { text: "obtained", class: "figure" }, { text: y.title, class: "figure" },
           { text: "95\u202f% interval", class: "figure" }, { text: "obtained", class: "figure" }, { text: "on the front", class: "figure" }],
    rows: points.map((p) => [p.model, x.format(p.x), p.x_obtained, percent(p.y), p.low === null ? "\u2013" : range(p.low, p.high, percent),
                             p.y_obtained, front.includes(p) ? "yes" : "no"]),
  });
}

const kHeight = 320;
const kMargins = { marginLeft: 48, marginRight: 24, marginBottom: 46, marginTop: 26 };

const span = (points) => Math.max(...points.map((p) => p.x)) / Math.min(...points.map((p) => p.x));

/// From the least to the greatest value, with a tenth of the way on either side.
function padded(values, logarithmic) {
  const [to, from] = logarithmic ? [Math.log, Math.exp] : [(v) => v, (v) => v];
  const low = to(Math.min(...values)), high = to(Math.max(...values));
  const pad = (high - low) / 10 || Math.abs(high) / 10 || 1;
  return [from(low - pad), from(high + pad)];
}

/// Where Plot will put a point, for names that keep clear of each other.
function pixels_of(domains, width, logarithmic) {
  const part = (v, [low, high], to) => (to(v) - to(low)) / (to(high) - to(low));
  const { marginLeft, marginRight, marginTop, marginBottom } = kMargins;
  return (p) => [marginLeft + part(p.x, domains.x, logarithmic ? Math.log : (v) => v) * (width - marginLeft - marginRight),
                 kHeight - marginBottom - part(p.y, domains.y, (v) => v) * (kHeight - marginTop - marginBottom)];
}

// Where a name may stand about its point: {text-anchor, pixels across, pixels down}, the first that is free.
const kStands = [["start", 8, -9], ["end", -8, -9], ["start", 8, 10], ["end", -8, 10], ["middle", 0, -20], ["middle", 0, 22]];

/// A name beside each point, clear of the other names and points while there is room.
function names(points, pixels, width) {
  const taken = points.map((p) => box_of(pixels(p), "middle", 0, 0, 12));
  return points.map((p) => {
    const at = pixels(p), size = 7 * p.model.length;
    const boxes = kStands.map(([anchor, dx, dy]) => box_of(at, anchor, dx, dy, size));
    const free = boxes.findIndex((box) => box.x0 >= 0 && box.x1 <= width && !taken.some((other) => overlap(box, other)));
    const stand = Math.max(0, free);
    taken.push(boxes[stand]);
    const [textAnchor, dx, dy] = kStands[stand];
    return text([p], { x: "x", y: "y", text: "model", textAnchor, dx, dy, fill: "var(--ink)", stroke: "var(--paper)", strokeWidth: 4, fontSize: 12 });
  });
}

function box_of([x, y], anchor, dx, dy, size) {
  const x0 = x + dx - (anchor === "start" ? 0 : anchor === "end" ? size : size / 2);
  return { x0, x1: x0 + size, y0: y + dy - 7, y1: y + dy + 7 };
}

const overlap = (a, b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
