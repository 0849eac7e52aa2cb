'use strict';

/**
 * Groups words by their length.
 * @param {string[]} words the words, each of 1 to 50 characters
 * @returns {Object<string, string[]>} the different words of each length, in the order of their first appearance
 * @throws {TypeError} if the words are not an array of strings
 * @throws {RangeError} if a word is empty or longer than 50 characters
 */
function groupByLength(words) {
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) {
    throw new TypeError('words must be an array of strings');
  }
  if (!words.every((word) => word.length >= 1 && word.length <= 50)) {
    throw new RangeError('a word must have 1 to 50 characters');
  }
  const groups = {};
  for (const word of new Set(words)) (groups[word.length] ??= []).push(word);
  return groups;
}
