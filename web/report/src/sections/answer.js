// The answer: which model for which use, in one sentence each, with the runs that it rests on.
import { run_link } from "../cells.js";
import { text } from "../values.js";
import { element } from "../dom.js";

export function answer_section(comparison) {
  if (comparison.recommendations.length === 0) return null;
  return element("div", { class: "recommendations" },
    comparison.recommendations.map((recommendation) => card(comparison, recommendation)));
}

function card(comparison, recommendation) {
  const runs = Array.isArray(recommendation.runs) ? recommendation.runs.map(text).filter(Boolean) : [];
  const runner_up = text(recommendation.runner_up), why_not = text(recommendation.why_not);
  return element("article", {},
    element("h3", {}, text(recommendation.scenario)),
    element("p", { class: "choice-of" }, text(recommendation.model)),
    element("p", {}, text(recommendation.sentence)),
    runner_up && element("p", { class: "muted" }, `Next: ${runner_up}. `, why_not),
    runs.length > 0 && element("p", { class: "origin" }, "measured \u00b7 ",
      runs.map((run, i) => [i > 0 && ", ", run_link(comparison, run)])));
}
