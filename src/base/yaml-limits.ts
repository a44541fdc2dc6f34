// How much a text in YAML may hold, counted from its tokens before anything is made of it: taking a text apart into
// tokens takes time in proportion to its length, and what comes after does not for every text.

import type { Lexer as LexerType } from 'yaml';

/** Most keys, values, signs and comments of a text: a scenario has some eight in a line. */
export const MAX_TOKENS = 150_000;

/** Most anchors, and most aliases. */
export const MAX_ALIASES = 1000;

/** Most levels of maps and lists in each other; the schema of a scenario knows ten. */
export const MAX_DEPTH = 100;

/** What a text has too much of, and where that begins. */
interface LimitProblem {
  readonly message: string;
  readonly offset: number;
}

export const TOO_DEEP = `YAML: nested deeper than ${MAX_DEPTH} levels`;

/** What is said of a text that has too much. */
export const tooMany = (what: string, most: number): string => `YAML: more than ${most} ${what}`;

// What the lexer puts between tokens: marks that are not in the text.
const MARKS = new Set(['\u0002', '\u0018', '\u001f']);

/**
 * The first limit that a text is over.
 *
 * @param lexer that of the library
 */
export const findLimitProblem = (text: string, lexer: LexerType): LimitProblem | undefined => {
  const counts = { tokens: 0, anchors: 0, aliases: 0 };
  let offset = 0;
  let flow = 0; // levels of [ and {
  let inLine = 0; // levels that begin with - and ? since the last line break
  for (const token of lexer.lex(text)) {
    if (MARKS.has(token)) continue;
    const first = token[0];
    if (first === '\n' || first === '\r') inLine = 0;
    else if (first !== ' ' && first !== '\t') counts.tokens += 1;
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (token === '-' || token === '?') inLine += 1;
    else if (first === '&') counts.anchors += 1;
    else if (first === '*') counts.aliases += 1;
    if (counts.tokens > MAX_TOKENS)
      return { message: tooMany('keys, values, signs and comments', MAX_TOKENS), offset };
    if (counts.anchors > MAX_ALIASES) return { message: tooMany('anchors', MAX_ALIASES), offset };
    if (counts.aliases > MAX_ALIASES) return { message: tooMany('aliases', MAX_ALIASES), offset };
    if (flow > MAX_DEPTH || inLine > MAX_DEPTH) return { message: TOO_DEEP, offset };
    offset += token.length;
  }
  return undefined;
};
