// The report: reads the comparison out of the page and lays down its sections in order. A section that has nothing
// to show is not shown.
import { read_comparison } from "./comparison.js";
import { element } from "./dom.js";
import { header } from "./header.js";
import { answer_section } from "./sections/answer.js";
import { claims_section } from "./sections/claims.js";
import { differences_section } from "./sections/differences.js";
import { figures_section, other_figures_section } from "./sections/figures.js";
import { hardware_section } from "./sections/hardware.js";
import { plots_section } from "./sections/plots.js";
import { published_section } from "./sections/published.js";
import { plan_section } from "./plan/section.js";
import { samples_section } from "./samples/section.js";
import { theme_button } from "./theme.js";

const kSections = [
  ["answer", "The answer", answer_section],
  ["logic", "Logic", (comparison) => figures_section(comparison, "logic")],
  ["code", "Code", (comparison) => figures_section(comparison, "code")],
  ["other", "Other figures", other_figures_section],
  ["hardware", "Hardware", hardware_section],
  ["plan", "Plan", plan_section],
  ["plots", "Plots", plots_section],
  ["differences", "Differences", differences_section],
  ["published", "Published", published_section],
  ["claims", "Claims", claims_section],
  ["samples", "Samples", samples_section],
];

const comparison = read_comparison(JSON.parse(document.getElementById("comparison").textContent));
const shown = kSections
  .map(([id, title, make]) => ({ id, title, content: make(comparison) }))
  .filter((section) => section.content !== null);

document.body.append(
  element("a", { class: "skip", href: `#${shown[0]?.id ?? ""}` }, "Skip to the report"),
  element("nav", { "aria-label": "Sections" },
    element("div", { class: "sections" }, shown.map(({ id, title }) => element("a", { href: `#${id}` }, title))),
    theme_button()),
  header(comparison),
  element("main", {}, shown.length > 0
    ? shown.map(({ id, title, content }) =>
        element("section", { id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, title), content))
    : element("p", {}, "The comparison has nothing to show.")));
// The browser looked for the place of the address before the sections were there.
if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
dispatchEvent(new Event("hashchange"));
