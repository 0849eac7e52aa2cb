// Compares our token ids with llama.cpp's (node-llama-cpp) on a GGUF vocabulary that Retort wrote:
//   node llama_tokenizer.mjs TOKENIZER_IDS VOCABULARY.gguf TOKENIZER.json
// Special tokens in the texts are parsed. llama.cpp does not normalize, so texts that NFC changes are left out.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";
import { texts } from "./tokenizer_texts.mjs";

const [, , program, gguf, json] = process.argv;
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: gguf, vocabOnly: true });

const added = JSON.parse(readFileSync(json, "utf8")).added_tokens.map((t) => t.content);
const all = texts(added).map((bytes) => bytes.toString("utf8"));
const cases = all.filter((text) => text.normalize("NFC") === text);
const input = cases.map((text) => `parsed ${Buffer.from(text).toString("hex")}`).join("\n") + "\n";
const ours = execFileSync(program, ["file", gguf], { input, maxBuffer: 1 << 30, encoding: "utf8" }).split("\n");

let wrong = 0;
for (const [i, text] of cases.entries()) {
  const want = Array.from(model._model.tokenize(text, true)).join(" ");
  if (want === ours[i]) continue;
  if (++wrong <= 10) console.log(`${JSON.stringify(text)}\n  llama.cpp ${want}\n  retort    ${ours[i]}`);
}
console.log(`llama.cpp: ${cases.length} texts of ${all.length} encoded, ${wrong} differ`);
process.exit(wrong || cases.length < 1200 ? 1 : 0);
