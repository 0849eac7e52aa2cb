// The audit of claims: what was claimed, what is published about it, what was measured, and what follows.
import { text } from "../values.js";
import { element, scroll_box, table } from "../dom.js";

export function claims_section({ claims }) {
  if (claims.length === 0) return null;
  const head = [{ text: "", class: "id" }, "claim", "claimed", "published", "measured", "verdict"];
  const rows = claims.map((claim) => element("tr", {},
    element("td", { class: "id" }, text(claim.id)),
    element("th", { scope: "row" }, text(claim.claim)),
    ["claimed", "published", "measured"].map((name) => element("td", {}, text(claim[name]) || "\u2013")),
    element("td", { class: "verdict" }, text(claim.verdict))));
  return scroll_box("Audit of claims", table(head, rows, { class: "plain claims" }));
}
