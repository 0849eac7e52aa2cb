'use strict';

/**
 * Counts the vowels of a text.
 * @param {string} text the text to look at, at most 1000 characters
 * @returns {number} how many of its characters are a, e, i, o or u, in either case
 * @throws {TypeError} if the text is not a string
 * @throws {RangeError} if the text is longer than 1000 characters
 */
function countVowels(text) {
  if (typeof text !== 'string') throw new TypeError('text must be a string');
  if (text.length > 1000) throw new RangeError('text must have at most 1000 characters');
  let count = 0;
  for (const letter of text) {
    if ('aeiouAEIOU'.includes(letter)) ++count;
  }
  return count;
}
