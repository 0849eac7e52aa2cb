'use strict';

/**
 * Reads settings of the form name=value.
 * @param {string} text the settings, separated by semicolons
 * @returns {Object<string, string>} the value of each name; of several the last
 * @throws {TypeError} if the text is not a string
 * @throws {RangeError} if a piece has no `=` or its name is not one or more letters a to z
 */
function parseSettings(text) {
  if (typeof text !== 'string') throw new TypeError('text must be a string');
  const trim = (part) => part.replace(/^ +| +$/g, '');
  const settings = {};
  for (const piece of text.split(';')) {
    if (trim(piece) === '') continue;
    const at = piece.indexOf('=');
    const name = trim(piece.slice(0, Math.max(at, 0)));
    if (at < 0 || !/^[a-z]+$/.test(name)) throw new RangeError(`'${piece}' is not of the form name=value`);
    settings[name] = trim(piece.slice(at + 1));
  }
  return settings;
}
