// One sample: what was asked, thought and answered, the code in it, and what the scorer made of it.
import { element, scroll_box, table } from "../dom.js";
import { number, percent, plural, short_run, spaced } from "../format.js";
import { text } from "../values.js";
import { address_of } from "./address.js";
import { marked } from "./marked.js";

const kFirst = 20000;  // characters of a text that are shown before the reader asks for all

/// siblings: {turns, others} of samples: the dialogue's other turns, and other answers to the same question.
export function sample_detail(sample, words, siblings) {
  const code = fenced_blocks(sample.content);
  return [
    element("h3", {}, sample.item),
    element("p", { class: "detail-head" }, verdict_tag(sample), element("span", {}, sample.model),
      sample.suite && element("span", {}, sample.suite), sample.level && element("span", {}, `level ${sample.level}`),
      element("span", {}, `sample ${sample.sample}`), siblings.turns.length > 1 && element("span", {}, `turn ${sample.turn}`),
      element("a", { href: address_of(sample) }, "link")),
    sample.note && element("p", { class: "note" }, marked(sample.note, words)),
    facts(sample),
    links("turns", siblings.turns, sample, (other) => String(other.turn)),
    links("same question", siblings.others, sample, (other) => other.model + (other.sample > 0 ? ` (${other.sample})` : "")),
    passage("Prompt", sample.prompt, words), passage("Reasoning", sample.reasoning, words), passage("Answer", sample.content, words),
    code.map((block, i) => passage(code.length > 1 ? `Code ${i + 1}` : "Code", block, words, "code")),
    parts_table(sample.parts),
  ].flat(Infinity).filter(Boolean);
}

export function verdict_tag(sample) {
  const tone = sample.verdict === "right" ? "good" : sample.verdict === "" ? "cut" : sample.verdict === "cut off" || sample.status.startsWith("truncated") ? "cut" : "bad";
  return element("span", { class: `tag ${tone}` }, sample.verdict || "no verdict");
}

function facts(sample) {
  const tokens = (n) => plural(n, "token");
  const all = [["score", sample.score !== null && number(Number(sample.score.toFixed(3)))],
    ["ended", sample.status && spaced(sample.status)], ["thought", sample.thought_tokens !== null && tokens(sample.thought_tokens)],
    ["answer", sample.answer_tokens !== null && tokens(sample.answer_tokens)], ["run", sample.run && short_run(sample.run)]];
  return element("dl", { class: "facts" }, all.filter(([, value]) => value).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function links(title, samples, shown, label) {
  if (samples.length < 2) return null;
  return element("p", { class: "siblings" }, element("span", { class: "muted" }, title), samples.map((other) =>
    element("a", { href: address_of(other), class: other.verdict === "right" ? "good" : "bad", title: other.verdict,
                   "aria-current": other === shown ? "true" : null }, label(other))));
}

function passage(title, whole, words, kind = "") {
  if (whole === "") return null;
  const body = element("pre", { class: kind });
  const fill = (shown) => body.replaceChildren(...marked(shown, words));
  fill(whole.slice(0, kFirst));
  const more = whole.length > kFirst && element("button", { type: "button", on: { click: () => { fill(whole); more.remove(); } } },
    `show all ${number(whole.length)} characters`);
  return [element("h4", {}, title), body, more];
}

/// The insides of ``` fences. One that is not closed reaches to the end, as in an answer that was cut off.
export function fenced_blocks(content) {
  const blocks = [];
  let open = null;
  for (const line of content.split("\n")) {
    if (open === null && /^\s*```/.test(line)) open = [];
    else if (open !== null && /^\s*```\s*$/.test(line)) {
      blocks.push(open.join("\n"));
      open = null;
    } else open?.push(line);
  }
  if (open !== null && open.length > 0) blocks.push(open.join("\n"));
  return blocks.filter((block) => block.trim() !== "");
}

function parts_table(parts) {
  const entries = Object.entries(parts);
  if (entries.length === 0) return null;
  const shown = (name, value) => typeof value === "number" ? (name.includes(".") && value >= 0 && value <= 1 ? percent(value) : number(value))
    : text(value) || JSON.stringify(value);
  return [element("h4", {}, "What the scorer found"), scroll_box("Parts of the score", table([],
    entries.map(([name, value]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, shown(name, value).slice(0, kFirst)))),
    { class: "plain" }))];
}
