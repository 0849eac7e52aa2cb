// Bundles the report's page into one HTML file: node web/report/build.mjs OUT.html
//
// The charts are Observable Plot: SVG, error bars as ordinary marks, CSS variables as colours (so a change of theme
// draws nothing again), and it can be shaken: 250 KB with all that it needs of d3. uPlot (50 KB) and Chart.js
// (210 KB) draw on a canvas and know no intervals; ECharts is 1 MB, Vega-Lite nearly as much.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const kLimit = 400_000;  // bytes of the whole page
const folder = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname);

function stop(message) {
  console.error(`web/report: ${message}`);
  process.exit(1);
}

async function load_esbuild() {
  try {
    return await import("esbuild");
  } catch {
    stop("esbuild is not in web/node_modules: run tools/setup.sh build (it needs npm, and a network once)");
  }
}

async function bundle(esbuild, entry) {
  try {
    const result = await esbuild.build({
      entryPoints: [join(folder, entry)], bundle: true, minify: true, write: false, format: "iife",
      target: ["chrome123", "firefox121", "safari17.5"], legalComments: "none", logLevel: "error", metafile: true,
    });
    return { text: result.outputFiles[0].text.trim(), files: Object.keys(result.metafile.inputs) };
  } catch (error) {
    stop(`${entry}: esbuild stopped (lines above): ${error.errors?.length ?? 1} errors; ` +
         "if a package is missing, run tools/setup.sh build");
  }
}

// Their licences ask that the notice goes with every copy: a comment of the page, as it is not for its readers.
function licences(files) {
  const packages = new Map();
  for (const file of files) {
    const [, folder_of, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(file) ?? [];
    if (name) packages.set(name, readFileSync(join(process.cwd(), folder_of, "LICENSE"), "utf8").trim());
  }
  const notices = Map.groupBy?.(packages.keys(), (name) => packages.get(name)) ?? new Map([...packages].map(([n, t]) => [t, [n]]));
  return [...notices].map(([notice, names]) => `${names.join(", ")}\n\n${notice}`).join("\n\n").replaceAll("--", "- -");
}

const [out] = process.argv.slice(2);
if (!out) stop("usage: node build.mjs OUT.html");
const esbuild = await load_esbuild();
const { text: style } = await bundle(esbuild, "report.css");
const { text: script, files } = await bundle(esbuild, "src/main.js");
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) stop("the bundle holds text that would end its element");

// Only this script runs, and nothing is fetched. Text can become neither markup nor code (trusted types), so a
// slip in the page's own code could not run what a model wrote either. Plot puts a <style> into its charts, which
// is why styles are not bound to a hash; with no source allowed they can load nothing.
const hash = createHash("sha256").update(script).digest("base64");
const policy = ["default-src 'none'", `script-src 'sha256-${hash}'`, "style-src 'unsafe-inline'", "base-uri 'none'",
                "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"].join("; ");
const parts = { policy, style, script, licences: licences(files) };
const page = readFileSync(join(folder, "page.html"), "utf8").replace(/{{(\w+)}}/g, (_, name) => parts[name]);
if (Buffer.byteLength(page) > kLimit) stop(`the page has ${Buffer.byteLength(page)} bytes; at most ${kLimit} are wanted`);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
