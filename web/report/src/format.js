// Numbers as people read them. A narrow space that does not break stands between number and unit.
const kSpace = "\u202f";
const kMinus = "\u2212";

const signed = (text) => text.replace("-", kMinus);

/// 0.9234 -> "92.3 %"
export function percent(share, digits = 1) {
  return `${signed((100 * share).toFixed(digits))}${kSpace}%`;
}

/// Of two shares: 0.012 -> "+1.2"
export function points(difference) {
  const text = (100 * difference).toFixed(1);
  return signed(Number(text) > 0 ? `+${text}` : text);
}

/// Three or four digits that matter: 2134.6 -> "2 135", 0.00471 -> "0.00471"
export function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-6) return signed(value.toExponential(2));
  const digits = size >= 1000 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(size)));
  const [whole, rest] = value.toFixed(Number.isInteger(value) ? 0 : digits).split(".");
  return signed(whole.replace(/\B(?=(\d{3})+$)/g, kSpace) + (rest ? `.${rest}` : ""));
}

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; Math.abs(value) >= 1024 && unit + 1 < units.length; ++unit) value /= 1024;
  return `${number(value)}${kSpace}${units[unit]}`;
}

/// 7600000000 -> "7.6 B", as sizes of models are written.
export function count(value) {
  for (const [unit, size] of [["B", 1e9], ["M", 1e6], ["k", 1e3]])
    if (value >= size) return `${number(Number((value / size).toPrecision(3)))}${kSpace}${unit}`;
  return number(value);
}

/// Without the unit, where the value beside it has said it and it cannot be another.
export function bare(value, unit) {
  if (unit === "share") return (100 * value).toFixed(1);
  return is_bytes(unit) || unit === "s" ? quantity(value, unit) : number(value);
}

export const is_bytes = (unit) => /^(bytes|byte|B)$/.test(unit);

/// 0.000303 -> "0.303 ms"
function seconds(value) {
  return value !== 0 && Math.abs(value) < 1 ? `${number(value * 1000)}${kSpace}ms` : `${number(value)}${kSpace}s`;
}

export function quantity(value, unit) {
  if (is_bytes(unit)) return bytes(value);
  if (unit === "s") return seconds(value);
  if (unit === "share") return percent(value);
  return unit ? `${number(value)}${kSpace}${unit}` : number(value);
}

export const range = (low, high, format) => `${format(low)}\u2013${format(high)}`;
export const short_run = (run) => (run.length > 6 ? run.slice(0, 6) : run);
export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

export function probability(p) {
  return p < 0.001 ? "<\u202f0.001" : p.toFixed(3);
}

/// "truncated_in_thought" -> "truncated in thought"
export const spaced = (id) => id.replaceAll("_", " ");
