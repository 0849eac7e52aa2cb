// What the pages of the plan must show: worked out here by other means than the page's.
import assert from "node:assert/strict";

const GiB = 2 ** 30;
const plain = (text) => text.replace(/[\u202f\u00a0]/g, " ");
const number_in = (text) => Number(plain(text).replace(/ (?=\d{3}\b)/g, "").match(/[\d.]+/)[0]);
const near = (found, wanted, what) => assert.ok(Math.abs(found - wanted) <= 0.006 * wanted, `${what}: ${found}, wanted ${wanted}`);

export const plan_tests = (comparison) => ({
  async "plan: a cell is the roofline of its device and model"(page) {
    const huge = page.locator("#plan table.heat tbody tr").last().locator("td");
    // 16 GiB of BF16 do not fit 8 GiB; on the large card they are read at half of 2 TB/s, and so are 1024 positions.
    assert.match(plain(await huge.nth(1).innerText()), /does not fit\s+needs 16\.3 GiB/);
    near(number_in(await huge.nth(2).locator(".value").innerText()), 1e12 / (16 * GiB + 1024 * 512), "decode of demo-huge");
    assert.equal(await page.locator("#plan table.heat tbody tr").count(), comparison.plan.models.length);
  },

  async "plan: another precision and another figure draw all anew"(page) {
    await page.locator("#plan").getByLabel("precision").first().selectOption("Q4_K");
    const huge = page.locator("#plan table.heat tbody tr").last().locator("td");
    near(number_in(await huge.nth(1).locator(".value").innerText()), 1e11 / (4.5 * GiB + 1024 * 512), "decode of demo-huge in Q4_K");
    await page.locator("#plan").getByLabel("cells show").selectOption("price");
    // Four users: 0.36 USD buy an hour of four tokens a step.
    const step = (4.5 * GiB + 4 * 1024 * 512) / 1e11;
    near(number_in(await huge.nth(1).locator(".value").innerText()), (0.36 / 3600) * step / 4 * 1e6, "price of demo-huge");
    assert.match(await huge.nth(0).innerText(), /does not fit/);
  },

  async "plan: a device without a price has none, instead of another's"(page) {
    await page.locator("#plan").getByLabel("cells show").selectOption("price");
    assert.match(await page.locator("#plan table.heat tbody tr").first().locator("td").first().innerText(), /no price/);
  },

  async "plan: memory is stacked by part, and its numbers add up"(page) {
    await page.locator("#plan").getByLabel("device of the charts").selectOption("large card");
    const figure = page.locator("#plan figure").first();
    await figure.locator("summary").click();
    const cells = (await figure.locator("tbody tr").last().locator("td").allInnerTexts()).map(plain);
    assert.deepEqual(cells, ["16 GiB", "2 MiB", "257 MiB", "16.3 GiB"]);
    assert.match(await figure.locator("figcaption").innerText(), /large card/);
  },

  async "plan: the roofline tells what was measured from what is predicted"(page) {
    const figure = page.locator("#plan figure").nth(1);
    await figure.locator("summary").click();
    const rows = (await figure.locator("tbody tr").allInnerTexts()).map((row) => plain(row).split("\t"));
    const measured = rows.filter((row) => row.at(-1) === "measured");
    assert.deepEqual(measured.map((row) => [row[0], row[4]]), [["demo-lite, BF16", "900"], ["demo-13, BF16", "11 000"]]);
    assert.ok(rows.filter((row) => row.at(-1) === "predicted").length >= 3 * (comparison.plan.models.length - 1));
    const filled = await figure.locator("svg [aria-label=dot] path, svg [aria-label=dot] circle").evaluateAll((dots) =>
      dots.filter((dot) => (dot.getAttribute("fill") ?? dot.parentElement.getAttribute("fill") ?? "none") !== "none").length);
    assert.equal(filled, measured.length);
    await page.locator("#plan").getByLabel("device of the charts").selectOption("small card");
    assert.doesNotMatch(await page.locator("#plan figure").nth(1).locator("tbody").innerText(), /measured/, "another device's run");
  },

  async "plan: quality is measured and cost predicted, in columns of their own"(page) {
    await page.locator("#plan").getByLabel("device of the charts").selectOption("small card");
    const figure = page.locator("#plan figure").nth(2);
    await figure.locator("summary").click();
    assert.deepEqual((await figure.locator("thead th").allInnerTexts()).filter((name) => name === "obtained").length, 2);
    const rows = (await figure.locator("tbody tr").allInnerTexts()).map((row) => row.split("\t"));
    assert.equal(rows.length, comparison.models.filter(({ parameters }) => parameters).length);
    for (const row of rows) assert.deepEqual([row[2], row[5]], ["predicted", "measured"]);
    const front = rows.map((row) => ({ cost: number_in(row[1]), quality: number_in(row[3]), on: row.at(-1) === "yes" }));
    for (const p of front)
      assert.equal(p.on, !front.some((q) => q !== p && q.cost <= p.cost && q.quality >= p.quality), JSON.stringify(p));
  },

  async "plan: what if computes anew, and says what is missing"(page) {
    const panel = page.locator("#plan .what-if");
    await panel.getByLabel("model").selectOption({ label: "demo-huge" });
    await panel.getByLabel("device").selectOption("large card");
    await panel.getByLabel("users at once").fill("100");
    await panel.getByLabel("context").fill("8000");
    const row = (name) => panel.locator("tbody tr", { hasText: name }).locator("td").first();
    // 8000 positions are 32 pages of 256.
    near(number_in(await row("keys and values").innerText()), 100 * 8192 * 512 / 2 ** 20, "keys and values");
    near(number_in(await row("all users together").innerText()), 100 / Math.max((16 * GiB + 100 * 8000 * 512) / 1e12, 0), "all users");
    await panel.getByLabel("users at once").fill("20000");
    assert.match(plain(await panel.locator(".verdict-line").innerText()), /Does not fit: .* are missing/);
    await panel.getByLabel("context").fill("9000");
    assert.match(plain(await panel.locator(".verdict-line").innerText()), /made for 8 192 positions/);
    await panel.getByLabel("users at once").fill("0");
    assert.equal(await panel.locator("input[aria-invalid]").count(), 1);
  },
});
