// The browser of samples: filters above, a page of the list on one side, the chosen sample on the other. Only what is
// on the page is in the document, so tens of thousands of samples are as quick as a hundred.
import { element } from "../dom.js";
import { number, plural, short_run, spaced } from "../format.js";
import { address_of, parse_address } from "./address.js";
import { sample_detail, verdict_tag } from "./detail.js";
import { Filter, kFacets } from "./filter.js";

const kPage = 50;
const kWait = 150;  // milliseconds without a key before the words are searched

export function samples_section(comparison) {
  if (comparison.samples.length === 0) return null;
  const browser = new Browser(comparison.samples);
  addEventListener("hashchange", () => browser.go_to(location.hash));
  return browser.view();
}

class Browser {
  constructor(samples) {
    this.samples = samples;
    this.filter = new Filter(samples);
    this.by_address = new Map(samples.map((sample, i) => [address_of(sample), i]));
    this.page = 0;
    this.selected = null;
    this.facets = element("div", { class: "choices" });
    this.search = element("input", { type: "search", placeholder: "words in prompt, thought, answer, note", on: { input: () => this.typed() } });
    this.summary = element("p", { class: "muted summary", role: "status" });
    this.list = element("ol", { class: "list", on: { keydown: (event) => this.key(event) } });
    this.pager = element("div", { class: "pager" });
    this.detail = element("div", { class: "detail", tabindex: 0, role: "region", "aria-label": "Sample" });
    this.refresh();
    this.detail.replaceChildren(element("p", { class: "muted" }, "Choose a sample; the arrow keys go up and down the list."));
  }

  view() {
    return element("div", { class: "samples" },
      element("div", { class: "filters" }, element("label", { class: "choice search" }, element("span", {}, "search"), this.search), this.facets),
      this.summary,
      element("div", { class: "browser" }, element("div", { class: "side" }, this.list, this.pager), this.detail));
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.filter.search(this.search.value);
      this.page = 0;
      this.refresh();
      if (this.selected !== null) this.show(this.selected);
    }, kWait);
  }

  /// Everything that depends on the filters.
  refresh() {
    this.passing = this.filter.passing();
    this.show_facets(this.filter.counts());
    this.summary.textContent = `${number(this.passing.length)} of ${plural(this.samples.length, "sample")}`;
    this.show_page();
  }

  show_facets(counts) {
    const focused = this.facets.contains(document.activeElement) ? document.activeElement.name : null;
    this.facets.replaceChildren(...kFacets.map(([facet, label]) => this.facet(facet, label, counts[facet])).filter(Boolean),
      element("button", { type: "button", on: { click: () => this.clear() } }, "clear"));
    if (focused) this.facets.querySelector(`[name=${focused}]`)?.focus();
  }

  facet(facet, label, counts) {
    const chosen = this.filter.chosen[facet];
    const values = this.filter.values[facet];
    if (values.length < 2) return null;
    const name = (value) => (facet === "run" ? short_run(value) : spaced(value));
    const select = element("select", { name: facet, on: { change: () => this.choose(facet, select.value) } },
      element("option", { value: "" }, "any"),
      values.map((value) => element("option", { value, selected: value === chosen }, `${name(value)} (${number(counts.get(value) ?? 0)})`)));
    return element("label", { class: "choice" }, element("span", {}, label), select);
  }

  choose(facet, value) {
    this.filter.choose(facet, value);
    this.page = 0;
    this.refresh();
  }

  clear() {
    this.filter.chosen = {};
    this.search.value = "";
    this.filter.search("");
    this.page = 0;
    this.refresh();
  }

  show_page() {
    const first = this.page * kPage, places = this.passing.slice(first, first + kPage);
    this.list.setAttribute("start", first + 1);
    this.list.replaceChildren(...places.map((i) => this.row(i)));
    this.list.scrollTop = 0;
    const pages = Math.max(1, Math.ceil(this.passing.length / kPage));
    const turn = (label, page) => element("button", { type: "button", disabled: page < 0 || page >= pages, on: { click: () => {
      this.page = page;
      this.show_page();
    } } }, label);
    this.pager.replaceChildren(turn("previous", this.page - 1), element("span", {}, `page ${number(this.page + 1)} of ${number(pages)}`),
      turn("next", this.page + 1));
  }

  row(i) {
    const sample = this.samples[i];
    const line = sample.prompt.slice(0, 160).replace(/\s+/g, " ");
    return element("li", {}, element("button", { type: "button", "data-place": i, "aria-current": i === this.selected ? "true" : null,
                                                 on: { click: () => this.select(i) } },
      element("span", { class: "row-head" }, element("span", { class: "item" }, sample.item), verdict_tag(sample)),
      element("span", { class: "row-line" }, element("span", { class: "row-model" }, sample.model), ` ${line}`)));
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    this.select(Number(next.dataset.place), { scroll: false });
  }

  /// Shows a sample and writes its address, without a step in the browser's history for each.
  select(i, { scroll = true } = {}) {
    history.replaceState(null, "", address_of(this.samples[i]));
    this.show(i);
    // Where the sample stands below the list, go there.
    if (scroll && this.detail.offsetTop > this.list.offsetTop + 40) this.detail.scrollIntoView({ block: "start" });
  }

  show(i) {
    this.selected = i;
    const sample = this.samples[i];
    this.detail.replaceChildren(...sample_detail(sample, this.filter.words, this.siblings(sample)));
    this.detail.scrollTop = 0;
    for (const button of this.list.querySelectorAll("button"))
      if (Number(button.dataset.place) === i) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
  }

  siblings(sample) {
    const same = (this.by_item ??= Map.groupBy(this.samples, ({ item }) => item)).get(sample.item);
    return { turns: same.filter(({ run, sample: n }) => run === sample.run && n === sample.sample).sort((a, b) => a.turn - b.turn),
             others: same.filter(({ turn }) => turn === sample.turn) };
  }

  /// Follows an address of a sample or of a run; others are not this section's.
  go_to(hash) {
    const wanted = parse_address(hash);
    if (!wanted) return;
    if (wanted.run !== undefined) {
      this.clear();
      this.choose("run", wanted.run);
      this.list.closest("section").scrollIntoView();
      return;
    }
    const i = this.by_address.get(wanted.key);
    if (i === undefined) {
      this.detail.replaceChildren(element("p", {}, `This report has no sample ${hash.slice("#sample=".length)}.`));
    } else {
      this.turn_to(i);
      this.show(i);
    }
    this.list.closest("section").scrollIntoView();
  }

  /// The page that has the sample; without filters, if it does not pass them.
  turn_to(i) {
    if (!this.passing.includes(i)) this.clear();
    this.page = Math.floor(this.passing.indexOf(i) / kPage);
    this.show_page();
  }
}
