// The plan of the made-up comparison: round numbers, so that a test can work out by hand what the page must show.
const MiB = 2 ** 20, GiB = 2 ** 30;
const by_class = (value) => ({ wide: value, fp8: value, int8: value, packed: value });
const share = (value) => ({ value, low: 0.8 * value, high: 1.25 * value });

const device = (name, kind, memory_bytes, bytes_per_second, peak, more = {}) => ({
  name, kind, memory_bytes, bytes_per_second, peaks: by_class(peak), decode: by_class(share(0.5)), prefill: by_class(share(0.5)),
  step_seconds: 0, layer_seconds: 0, obtained: "published", source: "made up", ...more });

export const kDevices = [
  device("a made-up machine", "cpu", 6 * MiB, 2e9, 2e11, { obtained: "measured", source: "made up, as if measured" }),
  device("small card", "gpu", 8 * GiB, 2e11, 4e13, { usd_per_hour: 0.36 }),
  device("large card", "gpu", 64 * GiB, 2e12, 1e15, { usd_per_hour: 3.6, watts: 700 }),
];

/// A dense model whose weights are all read by every step.
function model(name, parameters) {
  const precision = (format, name_of_class, bytes) => ({
    format, bits_per_weight: 8 * bytes,
    products: [{ class: name_of_class, shared_bytes: parameters * bytes, shared_parameters: parameters }],
    weights: [{ name: "attention", bytes: parameters * bytes / 4 }, { name: "feed-forward", bytes: parameters * bytes * 3 / 4 }],
    engine: { kv_round: 32, fixed: [{ name: "program", bytes: 1 * MiB }] },
    device: { kv_round: 256, step_tokens: 512, activation_bytes_per_token: 1024, fixed: [{ name: "driver and libraries", bytes: 256 * MiB }] },
  });
  return { name, source: "made up", parameters, layers: 4, max_context: 8192, kv_bytes_per_token: 512, attention_operations: 4096,
           precisions: [precision("BF16", "wide", 2), precision("Q4_K", "packed", 0.5625)] };
}

export const plan = (models) => ({
  load: { context: 1024, users: 4, prompt: 512 },
  devices: kDevices,
  models: [...models.filter(({ parameters }) => parameters).map(({ name, parameters }) => model(name, parameters)), model("demo-huge", 8 * GiB)],
  measured: [
    { model: "demo-lite", format: "BF16", device: "a made-up machine", phase: "decode", users: 1, context: 1024, tokens_per_second: 900, run: "feed0001" },
    { model: "demo-13", format: "BF16", device: "a made-up machine", phase: "prefill", users: 1, context: 512, tokens_per_second: 11000, run: "feed0002" },
  ],
});
