'use strict';

/** Moves the last entry of a heap of numbers up to its place. */
function siftUp(heap) {
  for (let k = heap.length - 1; k > 0;) {
    const parent = (k - 1) >> 1;
    if (heap[parent] <= heap[k]) return;
    [heap[parent], heap[k]] = [heap[k], heap[parent]];
    k = parent;
  }
}

/** Takes the smallest number from a heap that is not empty. */
function takeLeast(heap) {
  const least = heap[0];
  const last = heap.pop();
  if (heap.length > 0) heap[0] = last;
  for (let k = 0;;) {
    let child = 2 * k + 1;
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) ++child;
    if (child >= heap.length || heap[k] <= heap[child]) return least;
    [heap[k], heap[child]] = [heap[child], heap[k]];
    k = child;
  }
}

/**
 * Orders modules so that each comes after those that it needs; of several, the smallest number first.
 * @param {number} count how many modules there are, numbered from 0
 * @param {number[][]} needs pairs [module, needed]
 * @returns {number[]} the unique order
 * @throws {TypeError} if the count is not an integer or the pairs are not arrays of integers
 * @throws {RangeError} if the count is below 1, a pair names no two modules, or modules need each other in a circle
 */
function buildOrder(count, needs) {
  if (!Number.isInteger(count)) throw new TypeError('count must be an integer');
  if (!Array.isArray(needs) || !needs.every((pair) => Array.isArray(pair) && pair.every(Number.isInteger))) {
    throw new TypeError('needs must be an array of arrays of integers');
  }
  if (count < 1) throw new RangeError('count must be at least 1');
  if (!needs.every((pair) => pair.length === 2 && pair.every((module) => module >= 0 && module < count))) {
    throw new RangeError('a pair must be two modules');
  }
  const users = Array.from({length: count}, () => []);
  const missing = new Array(count).fill(0);
  for (const [module, needed] of needs) {
    users[needed].push(module);
    ++missing[module];
  }
  const ready = [];
  for (let module = 0; module < count; ++module) {
    if (missing[module] === 0) ready.push(module);  // ascending numbers are a heap
  }
  const order = [];
  while (ready.length > 0) {
    const next = takeLeast(ready);
    order.push(next);
    for (const module of users[next]) {
      if (--missing[module] > 0) continue;
      ready.push(module);
      siftUp(ready);
    }
  }
  if (order.length < count) throw new RangeError('the modules need each other in a circle');
  return order;
}
