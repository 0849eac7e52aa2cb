// Elements from text. Nothing in the page parses markup: what a model wrote becomes a text node and no more.

/// element("td", {class: "cell", on: {click}}, "text", child, null...): absent children are left out.
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/// The same in SVG.
export function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(node, { on = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/// A link out of the report, if the address is plainly one; else its text. It is followed only by a click.
export function outer_link(address, text = address) {
  const arxiv = /^arXiv:? ?(\d{4}\.\d{4,5})(v\d+)?$/i.exec(address);
  const href = arxiv ? `https://arxiv.org/abs/${arxiv[1]}` : address;
  return /^https:\/\/[\w.-]+(\/|$)/.test(href) ? element("a", { href, rel: "noopener noreferrer" }, text) : text;
}

/// A box in which something wide scrolls; it takes the keyboard's focus, so that arrows can scroll it.
export function scroll_box(label, child, attributes = {}) {
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label, ...attributes }, child);
}

/// [[value, label]...] as a labelled <select>.
export function select_of(label, options, chosen, changed) {
  const select = element("select", { on: { change: () => changed(select.value) } },
    options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)));
  return element("label", { class: "choice" }, element("span", {}, label), select);
}

/// head: cells as heading() takes them, or none; rows: <tr> elements.
export function table(head, rows, attributes = {}) {
  return element("table", attributes,
    head.length > 0 && element("thead", {}, element("tr", {}, head.map((cell) => heading(cell, "col")))),
    element("tbody", {}, rows));
}

/// A heading cell of a string or of {text, ...attributes}.
export function heading(cell, scope) {
  if (typeof cell === "string" || cell instanceof Node) return element("th", { scope }, cell);
  const { text, ...attributes } = cell;
  return element("th", { scope, ...attributes }, text);
}
