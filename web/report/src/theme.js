// Light and dark: as the system says, until the reader chooses. The choice is kept where the browser allows it.
import { element } from "./dom.js";

const kKey = "retort-report-theme";
const kNext = { auto: "light", light: "dark", dark: "auto" };

function stored() {
  try {
    return localStorage.getItem(kKey);
  } catch {
    return null;  // a browser that keeps nothing for files
  }
}

export function theme_button() {
  let theme = stored() in kNext ? stored() : "auto";
  const button = element("button", { type: "button", class: "theme", on: { click: () => show(kNext[theme]) } });
  function show(wanted) {
    theme = wanted;
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    try {
      localStorage.setItem(kKey, theme);
    } catch {
      // then the choice lasts as long as the page
    }
  }
  show(theme);
  return button;
}
