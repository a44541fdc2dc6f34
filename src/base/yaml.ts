// YAML and JSON text, parsed with the place of each field.

import { createRequire } from 'node:module';
import type { Alias, Document, LineCounter, Node, Pair } from 'yaml';
import type { FieldPath } from './check-form.js';
import { MAX_DEPTH, MAX_TOKENS, TOO_DEEP, findLimitProblem, tooMany } from './yaml-limits.js';

/** Loaded when a file must be parsed: loading it takes 20 ms. */
export const yaml = (): typeof import('yaml') =>
  createRequire(import.meta.url)('yaml') as typeof import('yaml');

interface TextPlace {
  readonly line: number; // from 1, as columns
  readonly column: number;
}

/** What is wrong with a text, and where, if that is known. */
type TextProblem = { readonly message: string } & Partial<TextPlace>;

/** Thrown on the way through a document. */
class NodeProblem extends Error {
  constructor(
    message: string,
    readonly node: Node | undefined,
  ) {
    super(message);
  }
}

// Checks what the library checks in time that grows with the square of the text: that keys are there once, and what
// aliases name. Of aliases it counts what they stand for, which can grow by a factor with each.
class Walk {
  readonly #anchors = new Map<string, Node>();
  readonly #sizes = new Map<Node, number>(); // nodes that anchors name, without what is still open

  // Nodes that a node stands for. Nothing is done twice, however often it is named.
  sizeOf(node: unknown, depth: number): number {
    const { isAlias, isCollection, isMap, isNode, isPair } = yaml();
    if (isPair(node)) return this.sizeOf(node.key, depth) + this.sizeOf(node.value, depth);
    if (!isNode(node)) return 1;
    if (isAlias(node)) return this.#sizeOfNamed(node);
    if (node.anchor !== undefined) {
      this.#anchors.set(node.anchor, node);
      this.#sizes.delete(node);
    }
    let size = 1;
    if (isCollection(node)) {
      if (depth > MAX_DEPTH) throw new NodeProblem(TOO_DEEP, node);
      if (isMap(node)) this.#refuseTwice(node.items);
      for (const item of node.items) {
        size += this.sizeOf(item, depth + 1);
        if (size > MAX_TOKENS)
          throw new NodeProblem(tooMany('keys and values, those of aliases counted', MAX_TOKENS), node);
      }
    }
    if (node.anchor !== undefined) this.#sizes.set(node, size);
    return size;
  }

  #sizeOfNamed(alias: Alias): number {
    const { source } = alias;
    const named = this.#anchors.get(source);
    if (named === undefined)
      throw new NodeProblem(`YAML: the alias *${source} names nothing: no &${source} comes before it`, alias);
    const size = this.#sizes.get(named);
    if (size !== undefined) return size;
    const problem = `the alias *${source} lies inside what &${source} names, so it has no end`;
    throw new NodeProblem(problem, alias);
  }

  #refuseTwice(pairs: readonly Pair[]): void {
    const { isNode, isScalar } = yaml();
    const keys = new Set<unknown>();
    for (const { key } of pairs) {
      const value = isScalar(key) ? key.value : isNode(key) ? key : undefined;
      if (keys.has(value))
        throw new NodeProblem('YAML: Map keys must be unique', isNode(key) ? key : undefined);
      keys.add(value);
    }
  }
}

/** Text in YAML 1.2, of which JSON is a part. Hexadecimal numbers stay text: 64 bits do not fit in a JavaScript number. */
export class YamlText {
  /** Empty where the text is over a limit. */
  readonly document: Document;
  /** The first thing that is wrong: a limit, or the syntax, or an alias. */
  readonly problem: TextProblem | undefined;
  readonly #lines: LineCounter;

  constructor(text: string) {
    const { Document: Empty, Lexer, LineCounter: Counter } = yaml();
    this.#lines = new Counter();
    this.document = new Empty();
    const over = findLimitProblem(text, new Lexer());
    if (over === undefined) {
      try {
        this.document = this.#parse(text);
        this.problem = this.#syntaxProblem();
        if (this.problem === undefined) new Walk().sizeOf(this.document.contents, 1);
      } catch (error) {
        this.problem = this.#problemOf(error);
      }
    } else {
      const before = text.slice(0, over.offset);
      const line = before.split('\n').length;
      this.problem = { message: over.message, line, column: over.offset - before.lastIndexOf('\n') };
    }
  }

  #parse(text: string): Document {
    return yaml().parseDocument(text, {
      lineCounter: this.#lines,
      logLevel: 'error',
      prettyErrors: false, // they look for the line of each error again
      uniqueKeys: false, // compares each key with all others
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
    });
  }

  #syntaxProblem(): TextProblem | undefined {
    const [error] = this.document.errors;
    if (error === undefined) return undefined;
    if (/call stack/u.test(error.message)) return { message: TOO_DEEP };
    const message = `YAML: ${error.message.split('\n')[0]!}`;
    return error.pos[0] < 0 ? { message } : { message, ...this.#placeAt(error.pos[0]) };
  }

  // The parser and the walk call themselves for each level.
  #problemOf(error: unknown): TextProblem {
    if (error instanceof NodeProblem) return { message: error.message, ...this.placeOfNode(error.node) };
    if (error instanceof RangeError) return { message: TOO_DEEP };
    throw error;
  }

  #placeAt(offset: number): TextPlace {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** Where a node begins; the start of the text for one that has no place. */
  placeOfNode(node: Node | undefined): TextPlace {
    return this.#placeAt(node?.range?.[0] ?? 0);
  }

  /**
   * Where a field stands, or its nearest parent that the text has; `depth`: how much of the path it has. `undefined` of
   * a text with a problem.
   */
  placeOf(path: FieldPath): (TextPlace & { readonly depth: number }) | undefined {
    if (this.problem !== undefined) return undefined;
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node: unknown = this.document.getIn(path.slice(0, depth), true);
      if (yaml().isNode(node) && node.range) return { ...this.placeOfNode(node), depth };
    }
    return { ...this.placeOfNode(this.document.contents ?? undefined), depth: 0 };
  }

  /** Its value. Only of a text without a problem. */
  value(): unknown {
    return this.document.toJS({ maxAliasCount: -1 });
  }
}
