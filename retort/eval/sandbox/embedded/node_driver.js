// Runs inside the sandbox, beside the candidate's code and at its mercy: loads candidate.js, calls its functions
// with JSON inputs, returns JSON values. Nothing it says is a verdict.
'use strict';
const fs = require('fs');
const Module = require('module');

const MAX_DEPTH = 40;
const MAX_TEXT = 2000;

// An argument that throws when it is called.
const raising = new WeakMap();
function makeRaising(name) {
  const known = globalThis[name];
  const isError = typeof known === 'function' && (known === Error || known.prototype instanceof Error);
  const kind = isError ? known : {[name]: class extends Error {}}[name];
  const use = () => { throw new kind('raised by the argument'); };
  raising.set(use, name);
  return use;
}

function encode(value, depth = 0) {
  if (depth > MAX_DEPTH) throw new TypeError(`the value is nested deeper than ${MAX_DEPTH}`);
  if (value === undefined) return {$undefined: true};
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (raising.has(value)) return {$raises: raising.get(value)};
  if (typeof value === 'bigint') return {$int: String(value)};
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? -0 : value;
    return {$float: String(value)};
  }
  if (Array.isArray(value)) return Array.from(value, (item) => encode(item, depth + 1));
  if (value instanceof Set) return {$set: Array.from(value, (item) => encode(item, depth + 1))};
  if (value instanceof Map)
    return {$dict: Array.from(value, ([k, v]) => [encode(k, depth + 1), encode(v, depth + 1)])};
  if (value instanceof Uint8Array) return {$bytes: Buffer.from(value).toString('base64')};
  if (typeof value === 'object') {
    const out = {};
    for (const key of Object.keys(value)) out[key] = encode(value[key], depth + 1);
    return out;
  }
  throw new TypeError(`a value of type ${typeof value} has no JSON form`);
}

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value);
  const forms = {
    $int: (x) => BigInt(x),
    $float: (x) => Number({inf: 'Infinity', '-inf': '-Infinity'}[x] ?? x),
    $bytes: (x) => Buffer.from(x, 'base64'),
    $tuple: decode,
    $set: (x) => new Set(decode(x)),
    $dict: (x) => new Map(decode(x)),
    $undefined: () => undefined,
    $raises: makeRaising,
  };
  if (keys.length === 1 && Object.hasOwn(forms, keys[0])) return forms[keys[0]](value[keys[0]]);
  const out = {};
  for (const key of keys) out[key] = decode(value[key]);
  return out;
}

function describe(error) {
  const bases = [];
  try {
    for (let p = Object.getPrototypeOf(error); p && p !== Object.prototype; p = Object.getPrototypeOf(p))
      bases.push(String(p.constructor.name));
  } catch (_) { /* a value with hostile accessors has no bases */ }
  let message = '';
  try {
    message = String(error instanceof Error ? error.message : error).slice(0, MAX_TEXT);
  } catch (_) { /* nor a message */ }
  return {class: bases[0] ?? typeof error, bases: bases.slice(1), message};
}

// The last line gives the driver the names that the candidate declared without exporting them.
function load() {
  const module = new Module('/tmp/work/candidate.js');
  module.filename = '/tmp/work/candidate.js';
  module.paths = [];
  const source = fs.readFileSync('candidate.js', 'utf8');
  module._compile(source + '\n;module.retortLookup = (name) => eval(name);', module.filename);
  return (path) => {
    const [first, ...rest] = path.split('.');
    let target = module.exports?.[first] ?? module.retortLookup(first);
    for (const part of rest) target = target[part];
    return target;
  };
}

function readExactly(size) {
  const data = Buffer.alloc(size);
  for (let done = 0; done < size;) {
    const n = fs.readSync(0, data, done, size - done, null);
    if (n === 0) process.exit(0);
    done += n;
  }
  return data;
}

const write = fs.writeSync.bind(fs);
function reply(message) {
  const data = Buffer.from(JSON.stringify(message), 'utf8');
  const frame = Buffer.alloc(4 + data.length);
  frame.writeUInt32LE(data.length, 0);
  data.copy(frame, 4);
  for (let done = 0; done < frame.length;) done += write(1, frame, done);
}

// The reply's members. A request keeps arguments for a later one, or calls a function; no name calls nothing.
async function call(lookup, kept, request) {
  if (request.keep) {
    kept[0] = request.keep.map(decode);
    return {value: null};
  }
  const args = request.kept ? kept.pop() : request.args.map(decode);
  if (request.function === '') return {value: null};
  const target = lookup(request.function);
  const out = {};
  try {
    out.value = encode(await target(...args));
  } catch (error) {
    out.error = describe(error);
  }
  if (request.report_args) out.args = args.map((item) => encode(item));
  return out;
}

async function answer(id, compute) {
  try {
    return {id, ...await compute()};
  } catch (error) {
    return {id, error: describe(error)};
  }
}

async function main() {
  // console.log is not for frames.
  process.stdout.write = (text) => { fs.writeSync(2, String(text)); return true; };
  let lookup;
  reply(await answer(0, () => { lookup = load(); return {value: null}; }));
  const kept = [];
  for (;;) {
    const request = JSON.parse(readExactly(readExactly(4).readUInt32LE(0)).toString('utf8'));
    reply(await answer(request.id, () => call(lookup, kept, request)));
  }
}

main();
