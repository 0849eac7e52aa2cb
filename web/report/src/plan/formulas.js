// Memory and time of a step, by the formulas of retort/plan/memory.cc and retort/plan/time.cc: so the page can compute
// them anew for what its reader asks. Everything here is predicted.

/// No longer than the model's texts may be.
export const load_for = (model, load) => ({ ...load, context: Math.min(load.context, model.max_context ?? load.context),
                                            prompt: Math.min(load.prompt, model.max_context ?? load.prompt) });

/// {parts: [{name, bytes}], total}: of one device, with all users.
export function memory_of(model, precision, device, { context, users }) {
  const runtime = precision.runtimes[device?.kind === "cpu" ? "engine" : "device"];
  const positions = Math.ceil(context / runtime.kv_round) * runtime.kv_round;
  const parts = [
    ...precision.weights.map((part) => ({ ...part, group: "weights" })),
    { name: "keys and values", bytes: users * positions * model.kv_bytes, group: "keys and values" },
    { name: "activations", bytes: Math.min(runtime.step_tokens, context) * runtime.activation_bytes, group: "working memory" },
    ...runtime.fixed.map((part) => ({ ...part, group: "working memory" })),
  ].filter(({ bytes }) => bytes > 0);
  return { parts, total: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/// Everything that a step reads and computes, and its seconds. work: {decode, positions, prefill, behind, outputs}:
/// sequences of one new token each with the sum of their contexts, and a chunk of a prompt. `reached`: "value", "low" or
/// "high" of the share of bandwidth.
export function step_of(model, precision, device, work, reached = "value") {
  const tokens = (work.decode ?? 0) + (work.prefill ?? 0), outputs = work.outputs ?? 0;
  const used = model.experts > 0 ? model.experts_per_token / model.experts : 0;
  const touched = model.experts > 0 ? 1 - (1 - used) ** tokens : 0;
  const step = { seconds: 0, bytes: 0, operations: 0 };
  const add = (bytes, operations, name) => {
    const reading = bytes / (device.bytes_per_second * device.decode[name][reached]);
    const computing = operations / (device.peaks[name] * device.prefill[name].value);
    step.seconds += Math.max(reading, computing);
    step.bytes += bytes;
    step.operations += operations;
  };
  for (const p of precision.products)
    add(p.shared_bytes + touched * p.expert_bytes + (outputs > 0 ? p.head_bytes : 0),
        2 * (tokens * (p.shared_parameters + used * p.expert_parameters) + outputs * p.head_parameters), p.class);
  const attention = (pairs, positions) => add(positions * model.kv_bytes, pairs * model.attention_operations, "wide");
  if (work.decode) attention(work.positions, work.positions);
  if (work.prefill) attention(work.prefill * (work.behind + work.prefill / 2), work.behind + work.prefill);
  step.seconds += device.step_seconds + model.layers * device.layer_seconds;
  return step;
}

export const decode_step = (model, precision, device, { users, context }, reached) =>
  step_of(model, precision, device, { decode: users, positions: users * context, outputs: users }, reached);

const kChunk = 512;  // tokens of a step of a chunked prefill

export function prefill_seconds(model, precision, device, tokens) {
  let seconds = 0;
  for (let done = 0; done < tokens; done += kChunk) {
    const now = Math.min(kChunk, tokens - done);
    seconds += step_of(model, precision, device, { prefill: now, behind: done, outputs: done + now === tokens ? 1 : 0 }).seconds;
  }
  return seconds;
}

const kSpare = 0.05;  // of a device's memory stays free

/// All that the page says of a model in a precision on a device under a load.
export function place(model, precision, device, load) {
  const memory = memory_of(model, precision, device, load);
  const capacity = device.memory_bytes;
  const rate = (users, reached) => users / decode_step(model, precision, device, { ...load, users }, reached).seconds;
  const all = rate(load.users);
  return {
    model, precision, device, load, memory, capacity, share: memory.total / capacity,
    fits: memory.total <= (1 - kSpare) * capacity,
    alone: rate(1), low: rate(1, "low"), high: rate(1, "high"), all, each: all / load.users,
    prefill: load.prompt / prefill_seconds(model, precision, device, load.prompt),
    first_token: prefill_seconds(model, precision, device, load.prompt),
    usd_per_million: device.usd_per_hour && (device.usd_per_hour / 3600 / all) * 1e6,
  };
}
