'use strict';

/**
 * Tells when a debounced handler runs.
 * @param {number[]} times when the events came, in milliseconds, in ascending order
 * @param {number} wait how long it must be quiet, in milliseconds
 * @returns {number[]} the times at which the handler runs
 * @throws {TypeError} if the times are not an array of integers or the wait is not an integer
 * @throws {RangeError} if the wait is below 1, a time is negative or the times are not in ascending order
 */
function debounceTimes(times, wait) {
  if (!Array.isArray(times) || !times.every(Number.isInteger)) throw new TypeError('times must be an array of integers');
  if (!Number.isInteger(wait)) throw new TypeError('wait must be an integer');
  if (wait < 1) throw new RangeError('wait must be at least 1');
  if (times.some((t, k) => t < 0 || (k > 0 && times[k - 1] > t))) {
    throw new RangeError('times must not be negative and must be in ascending order');
  }
  return times.filter((t, k) => k + 1 === times.length || times[k + 1] >= t + wait).map((t) => t + wait);
}
