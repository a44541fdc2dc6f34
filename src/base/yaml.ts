// YAML and JSON text, parsed with the place of each field.

import { createRequire } from 'node:module';
import type { Document, LineCounter, Node } from 'yaml';
import type { FieldPath } from './check-form.js';

/** Loaded when a file must be parsed: loading it takes 20 ms. */
export const yaml = (): typeof import('yaml') =>
  createRequire(import.meta.url)('yaml') as typeof import('yaml');

interface TextPlace {
  readonly line: number; // from 1, as columns
  readonly column: number;
}

/** Text in YAML 1.2, of which JSON is a part. Hexadecimal numbers stay text: 64 bits do not fit in a JavaScript number. */
export class YamlText {
  readonly document: Document;
  readonly #lines: LineCounter;

  constructor(text: string) {
    const { LineCounter: Counter, parseDocument } = yaml();
    this.#lines = new Counter();
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      logLevel: 'error',
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
    });
  }

  /** The first error of syntax. */
  get problem(): ({ readonly message: string } & Partial<TextPlace>) | undefined {
    const [error] = this.document.errors;
    if (error === undefined) return undefined;
    const [first] = error.message.split('\n');
    const place = error.linePos?.[0];
    return {
      message: `YAML: ${first!.replace(/ at line \d+, column \d+:?$/u, '')}`,
      ...(place === undefined ? {} : { line: place.line, column: place.col }),
    };
  }

  /** Where a node begins; the start of the text for one that has no place. */
  placeOfNode(node: Node | undefined): TextPlace {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { line, column: col };
  }

  /** Where a field stands, or its nearest parent that the text has; `depth`: how much of the path it has. */
  placeOf(path: FieldPath): TextPlace & { readonly depth: number } {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node: unknown = this.document.getIn(path.slice(0, depth), true);
      if (yaml().isNode(node) && node.range) return { ...this.placeOfNode(node), depth };
    }
    return { ...this.placeOfNode(this.document.contents ?? undefined), depth: 0 };
  }
}
