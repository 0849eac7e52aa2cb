// Which of the measured values in a row is the best, and which others the paired comparison does not show to be worse.
export const kMarks = {
  best: { sign: "\u25cf", label: "best measured value" },
  not_worse: { sign: "\u25cb", label: "not shown worse than the best" },
  undecided: { sign: "\u25cc", label: "undecided: the items are too few to tell it from the best" },
};

/// values: [{model, value}] of one figure; the result maps a model's name to a key of kMarks. Fewer than two values
/// have no best. Where no paired difference was computed, nothing is said.
export function marks_of(differences, figure, values, higher_is_better) {
  const marks = new Map();
  if (values.length < 2) return marks;
  // Equals are not marked: a best says nothing where all are.
  if (values.every(({ value }) => value === values[0].value)) return marks;
  const best = (higher_is_better ? Math.max : Math.min)(...values.map(({ value }) => value));
  const leader = values.find(({ value }) => value === best).model;
  for (const { model, value } of values) {
    const mark = value === best ? "best" : verdict_against(differences, figure, model, leader, higher_is_better);
    if (mark in kMarks) marks.set(model, mark);
  }
  return marks;
}

/// "not_worse", "undecided", "worse" or "": of `model` against `leader`. A difference is a - b, and its verdict is
/// of a; where it stands the other way round only its interval is used.
function verdict_against(differences, figure, model, leader, higher_is_better) {
  const of = (a, b) => differences.find((d) => d.figure === figure && d.a === a && d.b === b);
  const direct = of(model, leader);
  if (direct) return direct.verdict;
  const reverse = of(leader, model);
  if (!reverse || reverse.low === null) return "";
  const leader_is_better = higher_is_better ? reverse.low > 0 : reverse.high < 0;
  return leader_is_better ? "worse" : "undecided";
}

export function marks_key(element) {
  return element("p", { class: "muted key" }, Object.values(kMarks).map(({ sign, label }) =>
    element("span", {}, element("span", { class: "mark", "aria-hidden": "true" }, sign), ` ${label}`)),
    element("span", {}, "no mark: shown worse, or not compared"));
}
