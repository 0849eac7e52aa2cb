// The buffers that llama.cpp says it allocates for a model and a context, in MiB as it prints them:
//
//   node llama_buffers.mjs FILE.gguf CONTEXT      {"weights": 934.7, "kv": 112, "compute": 299.75}
//
// Keys and values are BF16, as Retort's.
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [file, context] = process.argv.slice(2);
const kBF16 = 30;
const lines = [];
const llama = await getLlama({
    gpu: false, build: "never", logLevel: LlamaLogLevel.debug, maxThreads: 1,
    logger: (_, message) => lines.push(...message.split("\n"))
});
const model = await llama.loadModel({modelPath: file, useMmap: false});
await model.createContext({
    contextSize: Number(context), batchSize: 512, sequences: 1, flashAttention: true,
    experimentalKvCacheKeyType: kBF16, experimentalKvCacheValueType: kBF16
});
await new Promise(done => setTimeout(done, 200));  // the log comes by its own way
// Repacked tensors have a buffer of their own; together they are the file's.
const sum = pattern => lines.map(line => line.match(pattern)).filter(Boolean).reduce((total, m) => total + Number(m[1]), 0);
const found = {
    weights: sum(/model buffer size\s*=\s*([\d.]+) MiB/), kv: sum(/KV buffer size\s*=\s*([\d.]+) MiB/),
    compute: sum(/compute buffer size\s*=\s*([\d.]+) MiB/)
};
if (!found.weights || !found.kv) {
    console.error("llama_buffers: no sizes in the log:\n" + lines.filter(line => /buffer|size/.test(line)).join("\n"));
    process.exit(1);
}
console.log(JSON.stringify(found));
process.exit(0);
