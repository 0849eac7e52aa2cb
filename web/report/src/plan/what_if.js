// What if: a model, a precision, a device and a load that the reader chooses, computed anew in the page.
import { element, select_of, table } from "../dom.js";
import { bytes, number, percent, quantity, range } from "../format.js";
import { place } from "./formulas.js";

const kMostUsers = 100_000;

export function what_if_panel(plan) {
  const asked = { model: 0, precision: 0, device: plan.devices[0].name, context: plan.load.context, users: plan.load.users, prompt: plan.load.prompt };
  const answer = element("div", { class: "answer-of", "aria-live": "polite" }), precisions = element("div", { class: "choices inner" });
  const model = () => plan.models[asked.model];
  const show = () => answer.replaceChildren(...answer_of(model(), model().precisions[asked.precision], plan.device(asked.device), asked));
  const choose_precision = () => {
    asked.precision = Math.min(asked.precision, model().precisions.length - 1);
    precisions.replaceChildren(select_of("precision", model().precisions.map(({ format }, i) => [String(i), format]), String(asked.precision),
      (value) => { asked.precision = Number(value); show(); }));
  };
  const count = (label, key, most) => number_input(label, asked[key], most, (value) => { asked[key] = value; show(); });
  choose_precision();
  show();
  return element("div", { class: "what-if" }, element("div", { class: "choices" },
    select_of("model", plan.models.map(({ name }, i) => [String(i), name]), "0", (value) => { asked.model = Number(value); choose_precision(); show(); }),
    precisions,
    select_of("device", plan.devices.map(({ name }) => [name, name]), asked.device, (value) => { asked.device = value; show(); }),
    count("context", "context", 1 << 24), count("users at once", "users", kMostUsers), count("prompt tokens", "prompt", 1 << 24)), answer);
}

function number_input(label, value, most, changed) {
  const input = element("input", { type: "number", min: 1, max: most, step: 1, value, inputmode: "numeric" });
  input.addEventListener("input", () => {
    const given = Number(input.value), valid = Number.isInteger(given) && given >= 1 && given <= most;
    input.toggleAttribute("aria-invalid", !valid);
    if (valid) changed(given);
  });
  return element("label", { class: "choice" }, element("span", {}, label), input);
}

function answer_of(model, precision, device, asked) {
  if (model.max_context && asked.context > model.max_context)
    return [element("p", { class: "verdict-line bad" }, `${model.name} was made for ${number(model.max_context)} positions; ${number(asked.context)} are past that.`)];
  const p = place(model, precision, device, { ...asked, prompt: Math.min(asked.prompt, asked.context) });
  const free = (1 - 0.05) * p.capacity - p.memory.total;
  const row = (name, value, formula) => element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "figure value" }, value),
    element("td", { class: "muted" }, formula));
  const verdict = p.fits ? `Fits: ${bytes(p.memory.total)} of ${bytes(p.capacity)} (${percent(p.share, 0)}).`
    : `Does not fit: ${bytes(p.memory.total)} are needed, ${bytes(0.95 * p.capacity)} can be used; ${bytes(-free)} are missing.`;
  const rows = [
    ...p.memory.parts.map((part) => row(part.name, bytes(part.bytes), part.group === "weights" ? "weights, tensor by tensor" :
      part.group === "keys and values" ? `${number(asked.users)} \u00d7 ${number(asked.context)} positions \u00d7 ${bytes(model.kv_bytes)}` : "working memory")),
    ...(p.fits ? [
      row("one request alone", quantity(p.alone, "tokens/s"), p.low < p.high ? `${range(p.low, p.high, number)} by the spread of the device's shares` : "roofline of a step"),
      row("all users together", quantity(p.all, "tokens/s"), `${quantity(p.each, "tokens/s")} for each`),
      row("first token", quantity(p.first_token, "s"), `prompt of ${number(Math.min(asked.prompt, asked.context))} tokens alone, in chunks of 512`),
      p.usd_per_million && row("price", `${number(p.usd_per_million)} USD`, `for a million tokens with all users; ${number(device.usd_per_hour)} USD an hour`),
    ] : [])].filter(Boolean);
  return [element("p", { class: `verdict-line ${p.fits ? "good" : "bad"}` }, verdict),
          table(["", { text: "predicted", class: "figure" }, "by"], rows, { class: "plain" })];
}
