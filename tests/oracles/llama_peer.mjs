// llama.cpp, through node-llama-cpp's prebuilt binary, as an outside reader and as the peer of the benchmarks.
//
//   node llama_peer.mjs logits FILE.gguf IDS.json OUT.f32     logits after each id, row-major f32; a list of lists of
//                                                             ids is as many texts, one after another
//   node llama_peer.mjs greedy FILE.gguf IDS.json N           the N greedy tokens that follow, as JSON
//   node llama_peer.mjs bench FILE.gguf THREADS PREFILL DECODE BATCHES CONTEXT
//                                                             times as JSON; BATCHES is "1,4,16"
//   node llama_peer.mjs info                                  version and the CPU features it uses
//
// The context's own `llama_decode` is called through the wrapper's addon object, so nothing but the engine is timed.
import fs from "node:fs";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";
import {LlamaSampler} from "./node_modules/node-llama-cpp/dist/evaluator/LlamaContext/LlamaSampler.js";

/// `kvType`: ggml's number of the cache's type; F16 is llama.cpp's default, BF16 is what Retort is compared on.
const kF16 = 1, kBF16 = 30;
async function open(file, {threads, contextSize, batchSize, sequences = 1, kvType = kF16, useMmap = true}) {
    const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads});
    const model = await llama.loadModel({modelPath: file, useMmap});
    const context = await model.createContext({
        contextSize, batchSize, sequences, threads: {ideal: threads, min: threads}, flashAttention: true,
        experimentalKvCacheKeyType: kvType, experimentalKvCacheValueType: kvType
    });
    context._ctx.setThreads(threads);
    return {llama, model, context};
}

/// Runs llama_decode on tokens of each sequence; returns the batch's logit indices and the seconds it took.
async function decode(context, parts) {
    const ctx = context._ctx;
    ctx.initBatch(parts.reduce((n, p) => n + p.tokens.length, 0));
    const indices = parts.map(p => ctx.addToBatch(p.sequence, p.position, Uint32Array.from(p.tokens), Uint32Array.from(p.logits)));
    const start = process.hrtime.bigint();
    await ctx.decodeBatch();
    return {indices, seconds: Number(process.hrtime.bigint() - start) / 1e9};
}

async function fullLogits(context, sampler, index, vocabulary) {
    const [token, , , pairs] = await context._ctx.sampleToken(index, sampler._sampler, false, false, true);
    const row = new Float32Array(vocabulary);
    for (let i = 0; i < pairs.length; i += 2) row[pairs[i]] = pairs[i + 1];
    return {token, row};
}

function clear(context, sequences) {
    for (let s = 0; s < sequences; ++s) context._ctx.disposeSequence(s);
}

async function logits(file, idsFile, out) {
    const ids = JSON.parse(fs.readFileSync(idsFile, "utf8"));
    const texts = Array.isArray(ids[0]) ? ids : [ids];
    const longest = Math.max(...texts.map(text => text.length));
    const {model, context} = await open(file, {threads: 2, contextSize: Math.max(512, longest + 64), batchSize: 512, kvType: kBF16});
    const sampler = new LlamaSampler(model);
    sampler.applyConfig({temperature: 0});
    const sink = fs.openSync(out, "w");
    let vocabulary = 0, rows = 0;
    for (const text of texts) {
        const {indices} = await decode(context, [{sequence: 0, position: 0, tokens: text, logits: text.map((_, i) => i)}]);
        for (const index of indices[0]) {
            if (!vocabulary) {
                const [, , , pairs] = await context._ctx.sampleToken(index, sampler._sampler, false, false, true);
                vocabulary = pairs.length / 2;
            }
            const {row} = await fullLogits(context, sampler, index, vocabulary);
            fs.writeSync(sink, row);
            ++rows;
        }
        clear(context, 1);
    }
    fs.closeSync(sink);
    console.log(JSON.stringify({rows, vocabulary}));
}

async function greedy(file, idsFile, n) {
    const ids = JSON.parse(fs.readFileSync(idsFile, "utf8"));
    const {model, context} = await open(file, {threads: 2, contextSize: Math.max(512, ids.length + n + 64), batchSize: 512, kvType: kBF16});
    const sampler = new LlamaSampler(model);
    sampler.applyConfig({temperature: 0});
    const tokens = [];
    let step = {sequence: 0, position: 0, tokens: ids, logits: [ids.length - 1]};
    while (tokens.length < n) {
        const {indices} = await decode(context, [step]);
        const [token] = await context._ctx.sampleToken(indices[0][0], sampler._sampler, false, false, false);
        tokens.push(token);
        step = {sequence: 0, position: step.position + step.tokens.length, tokens: [token], logits: [0]};
    }
    console.log(JSON.stringify(tokens));
}

async function bench(file, threads, prefill, steps, batches, contextLength) {
    const most = Math.max(...batches);
    const {context} = await open(file, {
        threads, contextSize: Math.max(prefill, contextLength + steps) + 64, batchSize: Math.max(512, prefill), sequences: most,
        useMmap: false  // its faster setting: weights in memory of their own, as Retort's are
    });
    const id = i => 1000 + (i * 7919) % 20000;
    const result = {engine: "llama.cpp", threads, prefill: null, decode: []};
    const run = i => Array.from({length: i}, (_, j) => id(j));
    await decode(context, [{sequence: 0, position: 0, tokens: run(32), logits: [31]}]);  // warm-up
    clear(context, 1);
    if (prefill > 0) {
        const {seconds} = await decode(context, [{sequence: 0, position: 0, tokens: run(prefill), logits: [prefill - 1]}]);
        result.prefill = {tokens: prefill, seconds, tokens_per_second: prefill / seconds};
        clear(context, 1);
    }
    for (const batch of batches) {
        for (let s = 0; s < batch; ++s) {
            if (contextLength > 0)
                await decode(context, [{sequence: s, position: 0, tokens: run(contextLength), logits: [contextLength - 1]}]);
        }
        const times = [];
        for (let step = 0; step < steps; ++step) {
            const parts = Array.from({length: batch}, (_, s) => (
                {sequence: s, position: contextLength + step, tokens: [id(step + s)], logits: [0]}));
            times.push((await decode(context, parts)).seconds);
        }
        clear(context, batch);
        const total = times.reduce((a, b) => a + b, 0);
        result.decode.push({batch, steps, seconds: total, tokens_per_second: batch * steps / total});
    }
    console.log(JSON.stringify(result));
}

async function info() {
    const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error});
    console.log(JSON.stringify({release: llama.llamaCppRelease, system: llama.systemInfo}));
}

const [command, ...args] = process.argv.slice(2);
const commands = {
    logits: () => logits(args[0], args[1], args[2]),
    greedy: () => greedy(args[0], args[1], Number(args[2])),
    bench: () => bench(args[0], ...args.slice(1, 4).map(Number), args[4].split(",").map(Number), Number(args[5])),
    info
};
if (!(command in commands)) {
    console.error("usage: node llama_peer.mjs logits|greedy|bench|info ...");
    process.exit(2);
}
await commands[command]();
process.exit(0);
