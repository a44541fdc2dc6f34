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

// Levels of maps and lists by indentation: what begins further right lies in what began further left, above it.
class Columns {
  readonly #starts: number[] = [];
  #column = 0;
  #afterSign = false; // in this line
  #isStart = true; // whether nothing but blanks and list signs came in this line

  /** How many levels there are where a token, which stands next, begins one. */
  depthAt(token: string): number {
    const isSign = token === '-' || token === '?';
    let levels = 0; // at tokens that begin none
    const isBlank = /^[ \t\r\n]/u.test(token);
    if (this.#isStart && !isBlank) {
      while ((this.#starts.at(-1) ?? -1) >= this.#column) this.#starts.pop();
      this.#starts.push(this.#column);
      // A list may end in a value, which is no level of its own.
      levels = this.#starts.length - (this.#afterSign && !isSign ? 1 : 0);
      this.#isStart = isSign;
      this.#afterSign = isSign;
    }
    const end = token.lastIndexOf('\n');
    if (end >= 0) [this.#column, this.#isStart, this.#afterSign] = [0, true, false];
    this.#column += token.length - (end + 1);
    return levels;
  }
}

/**
 * The first limit that a text is over.
 *
 * @param lexer that of the library
 */
export const findLimitProblem = (text: string, lexer: LexerType): LimitProblem | undefined => {
  const counts = { tokens: 0, anchors: 0, aliases: 0 };
  let offset = 0;
  let flow = 0; // levels of [ and {
  const columns = new Columns();
  for (const token of lexer.lex(text)) {
    if (MARKS.has(token)) continue;
    const first = token[0];
    const indented = columns.depthAt(token);
    if (first !== ' ' && first !== '\t' && first !== '\n' && first !== '\r') counts.tokens += 1;
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (first === '&') counts.anchors += 1;
    else if (first === '*') counts.aliases += 1;
    if (counts.tokens > MAX_TOKENS)
      return { message: tooMany('keys, values, signs and comments', MAX_TOKENS), offset };
    if (counts.anchors > MAX_ALIASES) return { message: tooMany('anchors', MAX_ALIASES), offset };
    if (counts.aliases > MAX_ALIASES) return { message: tooMany('aliases', MAX_ALIASES), offset };
    if (flow > MAX_DEPTH || indented > MAX_DEPTH) return { message: TOO_DEEP, offset };
    offset += token.length;
  }
  return undefined;
};
