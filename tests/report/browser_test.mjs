// The report in a real browser: node browser_test.mjs MAKE_REPORT FOLDER [SAMPLES [TESTS-WITH-THIS]]
// Opens it from a file with the network blocked, in both colour schemes and in two widths, and uses it as a reader
// would. Exits with 77 where no browser is installed. Leaves screenshots in FOLDER.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { plan_tests } from "./plan_tests.mjs";

const [make_report, folder, samples = "5000", only = ""] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
// Of the oracles, as npm installs them.
const { chromium } = createRequire(join(here, "../oracles/package.json"))("playwright-core");
const browsers = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const executablePath = browsers.find((path) => existsSync(path));
if (!executablePath) {
  console.log(`skipped: none of ${browsers.join(", ")} is here; apt-get install chromium-headless-shell`);
  process.exit(77);
}

mkdirSync(folder, { recursive: true });
const comparison = JSON.parse(execFileSync(process.execPath, [join(here, "fixture.mjs"), samples], { maxBuffer: 2 ** 30 }));
const all = comparison.models.flatMap((model) => model.samples.map((sample) => ({ ...sample, model: model.name })));
const address_of = ({ run, item, sample, turn }) => `#sample=${[run, item, sample, turn].map(encodeURIComponent).join("/")}`;

/// The address of a report of this comparison.
function report_of(name, content) {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
  execFileSync(make_report, [join(folder, `${name}.json`), join(folder, `${name}.html`)]);
  return pathToFileURL(join(folder, `${name}.html`)).href;
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

/// A page with that report; what it asks of the network and what it complains of is an error.
async function open(address, { width = 1280, height = 900, colorScheme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, offline: true });
  const page = await context.newPage();
  page.faults = [];
  page.on("console", (message) => page.faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address.split("#")[0]) page.faults.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return page;
}

async function close(page) {
  assert.equal(await page.evaluate("window.pwned"), undefined, "a sample's script ran");
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

const texts = (page, selector) => page.locator(selector).allInnerTexts();
const count = async (page) => Number((await page.locator(".summary").innerText()).split(" of ")[0].replace(/\D/g, ""));
const counted = (page, n) => page.waitForFunction((wanted) =>
  Number(document.querySelector(".summary").textContent.split(" of ")[0].replace(/\D/g, "")) === wanted, n, { timeout: 5000 });
const facet = (page, name) => page.locator(`select[name=${name}]`);

const tests = {
  async "has each section, in order"(page) {
    assert.deepEqual(await texts(page, "main h2"), ["The answer", "Logic", "Code", "Hardware", "Plan", "Plots", "Differences", "Published",
                                                    "Claims", "Samples"]);
    assert.deepEqual(await texts(page, ".recommendations h3"), comparison.recommendations.map(({ scenario }) => scenario));
    assert.equal(await page.locator("#plots figure svg[aria-label]").count(), 2 + 2 + 1 + 1);
    assert.equal(await page.locator("#claims tbody tr").count(), comparison.claims.length);
    assert.equal((await texts(page, "#published tbody td")).filter((cell) => cell !== "\u2013").length, comparison.published.length);
    assert.match(await page.locator("#published .sources").innerText(), /table 5, 2025-01-22/);
  },

  async "a cell says value, interval, what was cut off, origin and run"(page) {
    const cell = page.locator("#logic td.figure").first();
    const { value, low, high, run } = comparison.models[0].figures[0];
    const percent = (share) => (100 * share).toFixed(1);
    const shown = (await cell.innerText()).replace(/\u202f/g, " ");
    assert.match(shown, new RegExp(`^${percent(value)} %\n${percent(low)}\u2013${percent(high)} . n 800\ncut off [0-9.]+ %\nmeasured . ${run.slice(0, 6)}$`));
  },

  async "marks the best value and those not shown worse"(page) {
    const solved = comparison.models.map((model) => ({ name: model.name, value: model.figures.find(({ id }) => id === "correct").value }));
    const best = solved.reduce((a, b) => (a.value > b.value ? a : b));
    const cells = page.locator("#logic tbody tr").first().locator("td");
    for (const [i, { name }] of solved.entries()) {
      const verdict = comparison.differences.find((d) => d.figure === "correct" && d.a === name && d.b === best.name)?.verdict;
      const label = name === best.name ? "best measured value" : { not_worse: "not shown worse than the best" }[verdict];
      if (label) assert.equal(await cells.nth(i).locator(".mark").getAttribute("aria-label"), label, name);
      if (verdict === "worse") assert.equal(await cells.nth(i).locator(".mark").count(), 0, name);
    }
  },

  async "the chosen quality moves the Pareto fronts, and their numbers stand beneath"(page) {
    const before = await page.locator("#plots .wide svg").first().innerHTML();
    await page.getByLabel("quality").selectOption("arithmetic/correct");
    await page.waitForFunction((old) => document.querySelector("#plots .wide svg")?.innerHTML !== old, before);
    await page.locator("#plots .wide summary").first().click();
    const front = comparison.models.filter((model) => model.weights_bytes).map((model) =>
      ({ name: model.name, x: model.weights_bytes, y: model.figures.find(({ id }) => id === "arithmetic/correct").value }));
    const beaten = (p) => front.some((q) => q !== p && q.x <= p.x && q.y >= p.y);
    const rows = await page.locator("#plots .wide figure").first().locator("tbody tr").allInnerTexts();
    assert.deepEqual(rows.map((row) => [row.split("\t")[0], row.split("\t").at(-1)]),
      front.map((p) => [p.name, beaten(p) ? "no" : "yes"]));
  },

  async "filters combine, and say how many pass"(page) {
    assert.equal(await count(page), all.length);
    await facet(page, "model").selectOption("demo-7");
    await facet(page, "verdict").selectOption("wrong");
    await facet(page, "level").selectOption("3");
    const wanted = all.filter((s) => s.model === "demo-7" && s.verdict === "wrong" && s.level === 3);
    assert.equal(await count(page), wanted.length);
    assert.ok(wanted.length > 0);
    assert.match(await facet(page, "suite").innerText(), new RegExp(`logic \\(${wanted.filter((s) => s.suite === "logic").length}\\)`));
    await page.getByRole("button", { name: "clear" }).click();
    assert.equal(await count(page), all.length);
    await facet(page, "suite").selectOption("code");
    await facet(page, "status").selectOption("truncated_in_answer");
    assert.equal(await count(page), all.filter((s) => s.suite === "code" && s.status === "truncated_in_answer").length);
  },

  async "words are found in prompt, thought, answer and note, and marked"(page) {
    const words = ["EXPECTED", "lamps"];
    await page.locator("input[type=search]").fill(words.join(" "));
    const wanted = all.filter((s) => [s.note, s.prompt, s.reasoning, s.content].join("\n").toLowerCase().includes("expected") && s.prompt.includes("lamps"));
    await counted(page, wanted.length);
    await page.locator(".list button").first().click();
    assert.ok((await texts(page, ".detail mark")).includes("expected"));
    await page.locator("input[type=search]").fill("no sample says this");
    await counted(page, 0);
    assert.equal(await page.locator(".list button").count(), 0);
  },

  async "pages go forth and back, and hold fifty"(page) {
    const first = await page.locator(".list button").first().innerText();
    assert.equal(await page.locator(".list button").count(), 50);
    assert.ok(await page.getByRole("button", { name: "previous" }).isDisabled());
    await page.getByRole("button", { name: "next" }).click();
    assert.match(await page.locator(".pager span").innerText(), new RegExp(`page 2 of ${Math.ceil(all.length / 50)}`));
    assert.equal((await page.locator(".list .item").first().innerText()), all[50].item);
    await page.getByRole("button", { name: "previous" }).click();
    assert.equal(await page.locator(".list button").first().innerText(), first);
  },

  async "the keyboard goes down the list, and the address follows"(page) {
    await page.locator(".list button").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.locator(".detail h3").innerText(), all[1].item);
    assert.equal(await page.evaluate("location.hash"), address_of(all[1]));
  },

  async "what a model wrote is shown as text"(page) {
    for (const odd of all.slice(0, 2)) {
      await page.evaluate((hash) => { location.hash = hash; }, address_of(odd));
      await page.waitForFunction((text) => document.querySelector(".detail pre")?.textContent === text, odd.prompt);
      assert.deepEqual(await page.locator(".detail pre").evaluateAll((all_of) => all_of.map((pre) => pre.textContent)),
        [odd.prompt, odd.reasoning, odd.content, odd.prompt]);  // the last is the code of the answer
    }
    assert.equal(await page.locator("main img, main script, main iframe, main svg svg").count(), 0);
    assert.equal(await page.locator("#published a").count(), 2, "a javascript: address became a link");
  },

  async "a long thought is cut until it is asked for"(page) {
    const long = all.find((s) => s.reasoning.length > 20000);
    await page.evaluate((hash) => { location.hash = hash; }, address_of(long));
    await page.getByRole("button", { name: "show all" }).click();
    assert.equal(await page.locator(".detail pre").nth(1).evaluate((pre) => pre.textContent.length), long.reasoning.length);
  },

  async "a run's id leads to its samples"(page) {
    await page.locator(".recommendations a").first().click();
    const run = comparison.recommendations[0].runs[0];
    await counted(page, all.filter((s) => s.run === run).length);
    assert.equal(await facet(page, "run").inputValue(), run);
  },

  async "the theme can be chosen against the system's"(page) {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    const button = page.getByRole("button", { name: "Theme" });
    await button.click();
    assert.equal(await paper(), light);
    await button.click();
    assert.notEqual(await paper(), light);
    assert.equal(await button.innerText(), "Theme: dark");
  },
};

let passed = 0, failed = 0;
async function run(name, test) {
  if (!name.includes(only)) return;
  try {
    await test();
    console.log(`ok: ${name}`);
    ++passed;
  } catch (error) {
    console.log(`FAILED: ${name}\n${error.message}`);
    ++failed;
  }
}

const address = report_of("demo", comparison);
for (const [name, test] of Object.entries({ ...tests, ...plan_tests(comparison) }))
  await run(name, async () => {
    const page = await open(address);
    await test(page);
    await close(page);
  });

await run("an address opens its sample, wherever in the list it is", async () => {
  const wanted = all[Math.floor(all.length * 0.8)];
  const page = await open(address + address_of(wanted));
  assert.equal(await page.locator(".detail h3").innerText(), wanted.item);
  assert.equal(await page.locator(".list [aria-current]").count(), 1);
  assert.ok(await page.locator("#samples h2").evaluate((h2) => h2.getBoundingClientRect().top < innerHeight));
  await close(page);
});

await run("an address of no sample says so", async () => {
  for (const hash of ["#sample=no/such/0/0", "#sample=%zz", "#sample=", "#nothing"]) await close(await open(address + hash));
  const page = await open(`${address}#sample=no/such/0/0`);
  assert.match(await page.locator(".detail").innerText(), /no sample no\/such/);
  await close(page);
});

const luminance = (page) => page.evaluate(() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
  return (r + g + b) / 765;
});
for (const [name, options, bright] of [["light", {}, true], ["dark", { colorScheme: "dark" }, false],
                                       ["narrow", { width: 390, height: 844 }, true]])
  await run(`${name}: nothing is wider than the window, and tables scroll in their boxes`, async () => {
    const page = await open(address, options);
    await page.locator(".list button").nth(4).click();
    assert.equal(await luminance(page) > 0.5, bright);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), options.width ?? 1280);
    const wide = await page.locator(".scroll").evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1).length);
    if (name === "narrow") assert.ok(wide > 0);
    assert.equal(await page.locator(".scroll:not([tabindex])").count(), 0);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    await close(page);
  });

await run("parts that are absent or of the wrong kind are not shown, and break nothing", async () => {
  const page = await open(report_of("empty", {}));
  assert.match(await page.locator("main").innerText(), /nothing to show/);
  await close(page);
  const odd = { models: [{ figures: [{ id: "correct", value: "x" }, null, 3], samples: [{}, { level: null, parts: [1] }], statuses: 7 }, {}],
                figures: "none", differences: [{}], published: [{}], claims: [{ claim: 5 }], recommendations: [{ runs: "x" }],
                think_budget: [{ points: [{ at: "0", value: 0.5 }] }], machine: [], generated: 3 };
  const second = await open(report_of("odd", odd));
  assert.deepEqual(await texts(second, "main h2"), ["The answer", "Plots", "Published", "Claims", "Samples"]);
  await second.locator(".list button").nth(1).click();
  await close(second);
  for (const part of Object.keys(comparison)) {
    const { [part]: _, ...rest } = comparison;
    if (part !== "models") rest.models = rest.models.map((model) => ({ ...model, samples: model.samples.slice(0, 3) }));
    await close(await open(report_of("partial", rest)));
  }
});

await run("markup in every text of a comparison stays text", async () => {
  const hostile = `</script><img src=x onerror="window.pwned=5">{{x}}<!--`;
  // What the report looks things up by stays as it is.
  const kept = new Set(["id", "section", "obtained", "by", "verdict", "at", "figure", "class", "phase"]);
  const filled = (value, key) => Array.isArray(value) ? value.map((entry) => filled(entry, key))
    : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, filled(v, k)]))
    : typeof value === "string" && !kept.has(key) ? hostile : value;
  const few = { ...comparison, models: comparison.models.slice(0, 2).map((model) => ({ ...model, samples: model.samples.slice(0, 40) })) };
  const page = await open(report_of("hostile", filled(few)), { width: 390, height: 844 });
  await page.locator(".list button").nth(7).click();
  for (const selector of [".choice-of", ".facts dd", "#logic thead .model", "#logic .name", "#claims td", "#published th", ".detail pre", ".item"])
    assert.ok((await page.locator(selector).allTextContents()).some((text) => text.includes(hostile)), selector);
  assert.equal(await page.locator("img, iframe, object").count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "a long name widens the page");
  await close(page);
});

await run("twenty thousand samples open, filter and search in a moment", async () => {
  const many = JSON.parse(execFileSync(process.execPath, [join(here, "fixture.mjs"), "20000"], { maxBuffer: 2 ** 30 }));
  const page = await open(report_of("many", many));
  const milliseconds = async (action) => {
    const start = performance.now();
    await action();
    return Math.round(performance.now() - start);
  };
  const filter = await milliseconds(() => facet(page, "verdict").selectOption("wrong"));
  const search = await milliseconds(async () => {
    await page.locator("input[type=search]").fill("no sample says this");
    await counted(page, 0);
  });
  console.log(`  filter ${filter} ms, first search ${search} ms (with the wait for the last key)`);
  assert.ok(filter < 3000 && search < 6000, "on a busy machine it should still take less");
  assert.ok(await page.locator("*").count() < 6000, "the document holds what is on the page only");
  await close(page);
});

await run("the page without its data stays small", async () => {
  const size = readFileSync(join(folder, "empty.html")).length;
  console.log(`  ${size} bytes`);
  assert.ok(size < 400_000);
});

await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
