// The pages of the plan: where each model fits and how fast it would be, what its memory is made of, the roofline,
// quality against cost, and a panel that computes anew. All but the filled points and the quality is predicted.
import { front_chart } from "../charts/front.js";
import { models_key } from "../charts/frame.js";
import { element, select_of } from "../dom.js";
import { bytes, number, quantity } from "../format.js";
import { load_for, place } from "./formulas.js";
import { heat_map, kHeats } from "./heat.js";
import { memory_chart, memory_groups } from "./memory.js";
import { roofline_chart } from "./roofline.js";
import { what_if_panel } from "./what_if.js";

export function plan_section(comparison) {
  const { plan } = comparison;
  if (plan.models.length === 0 || plan.devices.length === 0) return null;
  const state = { format: plan.models[0].precisions[0].format, heat: "alone", device: plan.devices[0].name, quality: "" };
  const parts = [fits_part, memory_part, roofline_part, quality_part].map((make) => make(comparison, state)).filter(Boolean);
  const draw = () => { for (const part of parts) part.draw(); };
  const choice = (label, key, options) => options.length > 1 && select_of(label, options, state[key], (value) => { state[key] = value; draw(); });
  const formats = [...new Set(plan.models.flatMap(({ precisions }) => precisions.map(({ format }) => format)))];
  draw();
  return element("div", {},
    element("p", { class: "muted" }, "Predicted by the formulas of docs/plan.md from the models' tensors and the devices' facts; " +
      "only what says so was measured. ", load_text(plan.load)),
    element("div", { class: "choices" }, choice("precision", "format", formats.map((format) => [format, format])),
      choice("device of the charts", "device", plan.devices.map(({ name }) => [name, name])),
      choice("cells show", "heat", heat_choices(plan))),
    parts.map(({ node }) => node),
    element("h3", {}, "What if"), what_if_panel(plan), sources(plan));
}

const load_text = ({ context, users, prompt }) =>
  `${number(users)} ${users === 1 ? "request" : "requests"} at once with ${number(context)} positions each; prompts of ${number(prompt)} tokens.`;

const heat_choices = (plan) => Object.entries(kHeats)
  .filter(([id]) => id !== "price" || plan.devices.some(({ usd_per_hour }) => usd_per_hour))
  .map(([id, { title }]) => [id, title]);

/// The models that have the chosen precision.
const entries_of = (plan, format) => plan.models
  .map((model) => ({ model, precision: model.precisions.find((precision) => precision.format === format) }))
  .filter(({ precision }) => precision);

function part(title, fill) {
  const box = element("div");
  return { node: element("div", {}, element("h3", {}, title), box), draw: () => box.replaceChildren(...[fill()].flat().filter(Boolean)) };
}

function fits_part({ plan }, state) {
  return part("Where it fits, and how fast", () => [heat_map(plan, state.heat, state.format, plan.load), element("p", { class: "muted beneath" },
    `Predicted: ${kHeats[state.heat].title}; the stronger the colour, the better. Under a rate: what the device's efficiency ranges over, or the share of memory that is taken. 5\u202f% of a device stay free.`)]);
}

function memory_part({ plan }, state) {
  return part("Memory by part", () => [
    element("p", { class: "key" }, memory_groups().map(({ name }, i) => element("span", {},
      element("span", { class: `swatch s${[0, 4, 6][i]}`, "aria-hidden": "true" }), name))),
    element("div", { class: "charts wide" }, memory_chart(entries_of(plan, state.format), plan.device(state.device), plan.load))]);
}

function roofline_part({ plan }, state) {
  return part("Roofline", () => {
    const measured = plan.measured.filter(({ device }) => device === state.device);
    const entries = entries_of(plan, state.format);
    // A measured run is shown in its own precision.
    for (const run of measured) {
      const model = plan.models.find(({ name }) => name === run.model);
      const precision = model?.precisions.find(({ format }) => format === run.format);
      if (precision && !entries.some((entry) => entry.model === model && entry.precision === precision)) entries.push({ model, precision });
    }
    return [models_key([...new Set(entries.map(({ model }) => model))]),
            element("div", { class: "charts wide" }, roofline_chart(entries, plan.device(state.device), plan.load, measured))];
  });
}

/// Measured quality of the comparison's models against their predicted cost on the device.
function quality_part(comparison, state) {
  const { plan } = comparison;
  const known = comparison.models.filter((model) => plan.models.some(({ name }) => name === model.name));
  const quality = comparison.rows.find((row) => row.higher_is_better && known.some((model) => model.figures.some(({ id }) => id === row.id)));
  if (!quality) return null;
  return part("Quality against cost", () => {
    const device = plan.device(state.device), priced = device.usd_per_hour !== null;
    const cost = priced ? { title: "USD per million tokens", unit: "USD", of: (p) => p.usd_per_million }
                        : { title: "time of a thousand tokens", unit: "s", of: (p) => 1000 / p.all };
    const points = known.flatMap((model) => point_of(plan, state, device, model, quality.id, cost));
    if (points.length === 0) return [element("p", { class: "muted" }, `None of the measured models fits ${device.name} in ${state.format}.`)];
    return [models_key(known), element("p", { class: "muted" }, `Quality as measured by this comparison; cost predicted for ${device.name} in ${state.format}, ${number(plan.load.users)} at once.`), element("div", { class: "charts wide" },
      front_chart(points, { title: cost.title, less: true, unit: cost.unit, format: (value) => quantity(value, cost.unit) }, { title: quality.title, less: false }))];
  });
}

function point_of(plan, state, device, model, quality, cost) {
  const planned = plan.models.find(({ name }) => name === model.name);
  const precision = planned.precisions.find(({ format }) => format === state.format);
  const y = model.figures.find(({ id }) => id === quality);
  const p = y && precision && place(planned, precision, device, load_for(planned, plan.load));
  if (!p?.fits) return [];
  const obtained = precision.format === model.format ? y.obtained : `${y.obtained}, as ${model.format || "the file has it"}`;
  return [{ model: model.name, index: model.index, x: cost.of(p), x_low: null, x_high: null, y: y.value, low: y.low, high: y.high,
            x_obtained: "predicted", y_obtained: obtained }];
}

function sources(plan) {
  const lines = [...plan.devices.map((device) => [device.name, `${bytes(device.memory_bytes)}, ${quantity(device.bytes_per_second / 1e9, "GB/s")}; ${device.obtained}: ${device.source}`]),
                 ...plan.models.map((model) => [model.name, model.source])].filter(([, source]) => source);
  return element("details", {}, element("summary", {}, "where the facts are from"),
    element("ul", { class: "sources" }, lines.map(([name, source]) => element("li", {}, `${name}: ${source}`))));
}
