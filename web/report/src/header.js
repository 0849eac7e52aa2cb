// The head of the report: what was compared, on what, when, and how to read a number.
import { finite, text } from "./values.js";
import { element } from "./dom.js";
import { number, plural } from "./format.js";

export function header(comparison) {
  const { models, samples, machine, generated } = comparison;
  const facts = [
    ["compared", `${plural(models.length, "model")}, ${plural(samples.length, "answer")} to look at`],
    ["machine", machine_line(machine)],
    ["time allowed", comparison.budget_seconds && `${number(comparison.budget_seconds)} s`],
    ["made", [generated.replace("T", " ").replace("Z", " UTC"), comparison.retort].filter(Boolean).join(" by ")],
    ["journal", comparison.journal],
  ].filter(([, value]) => value);
  // What a reader must know of a model's runs, such as answers that could not be compared.
  const notes = models.flatMap((model) => model.notes.map((note) => `${model.name}, ${note}`));
  return element("header", {},
    element("h1", {}, "Comparison of ", models.length > 0 && models.length <= 3
      ? models.map((model) => model.name).join(" and ") : plural(models.length, "model")),
    element("dl", { class: "facts" }, facts.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
    notes.length > 0 && element("ul", { class: "notes" }, notes.map((note) => element("li", {}, note))),
    element("p", { class: "muted" },
      "Each number says how it was obtained: measured here by the run that is named, published by the source that is " +
      "named, or predicted by a formula. Ranges are 95\u202f% intervals; those of hardware are what is said beside them."));
}

function machine_line(machine) {
  const threads = finite(machine.threads);
  return [text(machine.name), threads !== null && plural(threads, "thread"), text(machine.isa)].filter(Boolean).join(", ");
}
