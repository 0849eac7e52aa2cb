// Text with the searched words marked, as text nodes and <mark> elements.
import { element } from "../dom.js";

const kMost = 500;  // marks in one text; more would only slow the page

export function marked(text, words) {
  if (words.length === 0) return [text];
  const lower = text.toLowerCase();
  // A few letters change their length in lower case; then places do not agree, and nothing is marked.
  if (lower.length !== text.length) return [text];
  const parts = [];
  let done = 0;
  for (const [start, end] of places(lower, words)) {
    parts.push(text.slice(done, start), element("mark", {}, text.slice(start, end)));
    done = end;
  }
  return [...parts, text.slice(done)];
}

/// Where the words stand, in order and without overlap.
function places(lower, words) {
  const all = [];
  for (const word of words)
    for (let i = lower.indexOf(word); i !== -1 && all.length < kMost; i = lower.indexOf(word, i + word.length))
      all.push([i, i + word.length]);
  all.sort((a, b) => a[0] - b[0]);
  return all.filter(([start], i) => i === 0 || start >= Math.max(...all.slice(Math.max(0, i - 8), i).map(([, end]) => end)));
}
