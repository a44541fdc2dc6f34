// libunicorn for the double of unicorn.js, from the places where oopslab looks for it.
'use strict';

const { pathToFileURL } = require('node:url');
const { join } = require('node:path');
const koffi = require('koffi');

/** @returns the library, through koffi */
exports.loadLibunicorn = async () => {
  const search = pathToFileURL(join(__dirname, '../../dist/machine/library-search.js')).href;
  const { searchPlaces } = await import(search);
  for (const place of searchPlaces()) {
    try {
      return koffi.load(place);
    } catch {
      // the next one, perhaps
    }
  }
  throw new Error('the double of unicorn.js needs libunicorn');
};
