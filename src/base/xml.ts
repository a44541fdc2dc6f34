// Text in XML.

import { escapeInvisible } from './visible-text.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text as XML has it, in an element or an attribute. What XML 1.0 has no way to write, not even as an entity, is among
 * what is not seen, and has its number.
 * Source: https://www.w3.org/TR/xml/#charsets
 */
export const escapeXml = (text: string): string =>
  escapeInvisible(text).replaceAll(/[&<>"']/gu, (one) => ENTITIES[one]!);
