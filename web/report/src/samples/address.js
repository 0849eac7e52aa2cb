// The address of a sample: #sample=run/item/sample/turn, each part percent-encoded.
export function address_of(sample) {
  return `#sample=${[sample.run, sample.item, sample.sample, sample.turn].map(encoded).join("/")}`;
}

// A lone surrogate has no encoding; the address then says U+FFFD, as the file did.
const encoded = (part) => encodeURIComponent(String(part).toWellFormed());

/// {key} of "#sample=...", {run} of "#run=...", or null. The key is compared with that of address_of.
export function parse_address(hash) {
  try {
    if (hash.startsWith("#sample=")) {
      const [run, item, sample = "0", turn = "0"] = hash.slice("#sample=".length).split("/").map(decodeURIComponent);
      return { key: address_of({ run, item: item ?? "", sample: Number(sample), turn: Number(turn) }) };
    }
    if (hash.startsWith("#run=")) return { run: decodeURIComponent(hash.slice("#run=".length)) };
  } catch {
    // Not percent-encoding: an address of nothing.
  }
  return null;
}
