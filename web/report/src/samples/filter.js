// Which samples pass the reader's filters and words. The words are looked for in lower case, in everything a sample
// says; its text in lower case is made at the first search.
export const kFacets = [["model", "model"], ["suite", "suite"], ["verdict", "verdict"], ["status", "ended"], ["level", "level"], ["run", "run"]];

export class Filter {
  constructor(samples) {
    this.samples = samples;
    this.chosen = {};   // facet -> value; absent: any
    this.words = [];
    this.texts = null;
    this.values = Object.fromEntries(kFacets.map(([facet]) => [facet, values_of(samples, facet)]));
  }

  choose(facet, value) {
    if (value === "") delete this.chosen[facet];
    else this.chosen[facet] = value;
  }

  search(query) {
    this.words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (this.words.length > 0) this.texts ??= this.samples.map(searched_text);
  }

  /// Places of the samples that pass.
  passing() {
    const chosen = Object.entries(this.chosen);
    return this.found().filter((i) => chosen.every(([facet, value]) => this.samples[i][facet] === value));
  }

  /// For each facet, how many samples each value would leave, the other filters being as they are.
  counts() {
    const counts = Object.fromEntries(kFacets.map(([facet]) => [facet, new Map()]));
    const chosen = Object.entries(this.chosen);
    for (const i of this.found()) {
      const sample = this.samples[i];
      const failed = chosen.filter(([facet, value]) => sample[facet] !== value);
      if (failed.length > 1) continue;
      for (const [facet] of kFacets)
        if (failed.length === 0 || failed[0][0] === facet)
          counts[facet].set(sample[facet], (counts[facet].get(sample[facet]) ?? 0) + 1);
    }
    return counts;
  }

  /// Places of the samples that have all words; kept until the words change.
  found() {
    const key = this.words.join(" ");
    if (this.kept?.key !== key) {
      const has_all = (i) => this.words.every((word) => this.texts[i].includes(word));
      const places = this.samples.map((_, i) => i);
      this.kept = { key, places: key === "" ? places : places.filter(has_all) };
    }
    return this.kept.places;
  }
}

/// All values of a facet in the report, also those that the filters leave no sample of, so that nothing jumps.
function values_of(samples, facet) {
  const values = new Set(samples.map((sample) => sample[facet]));
  values.delete("");
  return [...values].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function searched_text(sample) {
  return [sample.item, sample.note, sample.prompt, sample.reasoning, sample.content].join("\n").toLowerCase();
}
