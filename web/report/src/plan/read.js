// The plan as the report reads it: devices, and for each model and precision what memory and time follow from. What
// cannot be used is left out here, so that the charts need not ask.
import { finite, list, record, text } from "../values.js";

const positive = (value) => (finite(value) !== null && value > 0 ? value : null);
const amount = (value) => Math.max(0, finite(value) ?? 0);

/// By how a format's numbers are used; of a device, one value each.
export const kClasses = ["wide", "fp8", "int8", "packed"];

export function read_plan(raw) {
  raw = record(raw);
  const load = record(raw.load);
  const plan = {
    load: { context: positive(load.context) ?? 4096, users: positive(load.users) ?? 1, prompt: positive(load.prompt) ?? 512 },
    devices: list(raw.devices).map(read_device).filter(Boolean),
    models: list(raw.models).map(read_model).filter((model) => model.precisions.length > 0),
    measured: list(raw.measured).map(read_measured).filter(Boolean),
  };
  plan.device = (name) => plan.devices.find((device) => device.name === name);
  return plan;
}

function read_device(raw) {
  const by_class = (value, read) => Object.fromEntries(kClasses.map((name) => [name, read(record(value)[name])]));
  const device = {
    name: text(raw.name), kind: text(raw.kind), source: text(raw.source), obtained: text(raw.obtained) || "origin not given",
    memory_bytes: positive(raw.memory_bytes), bytes_per_second: positive(raw.bytes_per_second),
    peaks: by_class(raw.peaks, positive),
    decode: by_class(raw.decode, read_share), prefill: by_class(raw.prefill, read_share),
    step_seconds: amount(raw.step_seconds), layer_seconds: amount(raw.layer_seconds),
    watts: positive(raw.watts), usd_per_hour: positive(raw.usd_per_hour),
  };
  const whole = device.name && device.memory_bytes && device.bytes_per_second &&
    kClasses.every((name) => device.peaks[name] && device.decode[name] && device.prefill[name]);
  return whole ? device : null;
}

function read_share(raw) {
  raw = record(raw);
  const value = positive(raw.value);
  return value && { value, low: positive(raw.low) ?? value, high: positive(raw.high) ?? value };
}

function read_model(raw, index) {
  return {
    name: text(raw.name) || `model ${index + 1}`, index, source: text(raw.source), parameters: finite(raw.parameters),
    active_parameters: finite(raw.active_parameters), layers: amount(raw.layers), max_context: positive(raw.max_context),
    kv_bytes: amount(raw.kv_bytes_per_token), attention_operations: amount(raw.attention_operations),
    experts: amount(raw.experts), experts_per_token: amount(raw.experts_per_token),
    precisions: list(raw.precisions).map(read_precision).filter(Boolean),
  };
}

function read_precision(raw) {
  const products = list(raw.products).filter(({ class: name }) => kClasses.includes(name)).map((p) => ({
    class: p.class, shared_bytes: amount(p.shared_bytes), shared_parameters: amount(p.shared_parameters),
    expert_bytes: amount(p.expert_bytes), expert_parameters: amount(p.expert_parameters),
    head_bytes: amount(p.head_bytes), head_parameters: amount(p.head_parameters) }));
  const weights = list(raw.weights).map((part) => ({ name: text(part.name), bytes: amount(part.bytes) }));
  if (products.length === 0 || weights.length === 0) return null;
  return { format: text(raw.format), products, weights, bits: positive(raw.bits_per_weight),
           runtimes: { engine: read_runtime(raw.engine), device: read_runtime(raw.device) } };
}

/// Memory beside weights, keys and values: what every token of a step takes, and what is always there.
function read_runtime(raw) {
  raw = record(raw);
  return { kv_round: positive(raw.kv_round) ?? 1, step_tokens: amount(raw.step_tokens),
           activation_bytes: amount(raw.activation_bytes_per_token),
           fixed: list(raw.fixed).map((part) => ({ name: text(part.name), bytes: amount(part.bytes) })) };
}

/// A point of the roofline that a run of the engine gave.
function read_measured(raw) {
  const value = positive(raw.tokens_per_second);
  return value && { model: text(raw.model), format: text(raw.format), device: text(raw.device), phase: text(raw.phase),
                    users: positive(raw.users) ?? 1, context: positive(raw.context) ?? 1, tokens_per_second: value,
                    run: text(raw.run) };
}
