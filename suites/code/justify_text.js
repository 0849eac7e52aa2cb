'use strict';

/** Widens the spaces between the words of a line until it fills the width. */
function stretch(line, width) {
  if (line.length === 1) return line[0].padEnd(width);
  const spaces = width - line.reduce((sum, word) => sum + word.length, 0);
  const each = Math.floor(spaces / (line.length - 1));
  const more = spaces % (line.length - 1);
  return line.reduce((text, word, k) => text + ' '.repeat(each + (k <= more ? 1 : 0)) + word);
}

/**
 * Sets words in lines of equal width.
 * @param {string[]} words the words, without spaces
 * @param {number} width how many characters a line has, 1 to 100
 * @returns {string[]} the lines, each of the given width
 * @throws {TypeError} if the words are not an array of strings or the width is not an integer
 * @throws {RangeError} if the width is not from 1 to 100, or a word is empty, too long or holds a space
 */
function justifyText(words, width) {
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) {
    throw new TypeError('words must be an array of strings');
  }
  if (!Number.isInteger(width)) throw new TypeError('width must be an integer');
  if (width < 1 || width > 100) throw new RangeError('width must be from 1 to 100');
  if (!words.every((word) => word.length >= 1 && word.length <= width && !word.includes(' '))) {
    throw new RangeError('a word must not be empty, longer than the width or hold a space');
  }
  const lines = [];
  let line = [];
  let size = 0;  // of the line with single spaces
  for (const word of words) {
    if (line.length > 0 && size + 1 + word.length > width) {
      lines.push(stretch(line, width));
      line = [];
      size = 0;
    }
    size += word.length + (line.length > 0 ? 1 : 0);
    line.push(word);
  }
  if (line.length > 0) lines.push(line.join(' ').padEnd(width));
  return lines;
}
