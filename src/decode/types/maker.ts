// Makes values of a type, and of what has none: as the function's own uses of them, or those of the module, say.

import type { TypeId } from '../../image/btf.js';
import { declare } from '../../image/declare.js';
import type { Collected } from './evidence.js';
import type { Fields } from './fields.js';
import type { Hint } from './hints.js';
import { Flag, type How, NARROW, type Value } from './value.js';

/** What is known of a value before its type is looked at. */
export interface Source {
  /** C expression. */
  readonly text: string;
  readonly origin: string;
  readonly flags: number;
  readonly how: How;
  /** The field or global that it was loaded from, for what the module says of that. */
  readonly key?: string;
  /** `rb_node.__rb_parent_color` */
  readonly field?: string;
}

/** What other functions say of a field or a variable, by its key; they are looked at where that `isWanted`. */
export type Shared = (key: string, isWanted: boolean) => Hint | undefined;

/** Structs that are members of what they link: include/linux/types.h, rbtree_types.h, llist.h. */
const LINKS: ReadonlySet<string> = new Set(['list_head', 'hlist_node', 'rb_node', 'llist_node']);

const LONGEST = 200;

/** A text that is not too long to be of use. */
const short = (text: string, type: string): string => (text.length > LONGEST ? `((${type})…)` : text);

export class Maker {
  constructor(
    readonly fields: Fields,
    readonly evidence: Collected,
    /** By origin: what the passes before this one found. */
    readonly hints: ReadonlyMap<string, Hint>,
    readonly shared: Shared,
  ) {}

  /** The struct that a name only declares, where it is defined elsewhere. */
  resolve(id: TypeId): TypeId {
    const type = this.fields.btf.plain(id);
    if (type.kind !== 'forward') return id;
    return this.fields.btf.find(type.isUnion ? 'union' : 'struct', type.name) ?? id;
  }

  pointerType(to: TypeId): string {
    return declare(this.fields.btf, to, '*').replace(/^(?:const |volatile )+/u, '');
  }

  hintOf({ origin, key }: Pick<Source, 'origin' | 'key'>, isWanted: boolean): Hint | undefined {
    const own = this.hints.get(origin);
    if (key === undefined || (own !== undefined && (own.flags & (Flag.SEVERAL | Flag.CHANCE)) === 0))
      return own;
    return this.shared(key, isWanted) ?? own;
  }

  /** A pointer as its uses say. */
  hinted(hint: Hint, { text, origin, flags, how }: Source): Value {
    const { fields } = this;
    const type = this.pointerType(hint.to);
    const field = hint.container ? fields.at(hint.to, hint.offset, 0) : undefined;
    const shown =
      text === '' || text === '…'
        ? ''
        : field === undefined
          ? `((${type})${text})`
          : `container_of(${text}, ${type.replace(/ \*$/u, '')}, ${field.path.replace(/\.[^.]*$/u, '')})`;
    return {
      kind: 'pointer',
      to: hint.to,
      offset: hint.offset,
      text: short(shown, type),
      origin,
      flags: flags | hint.flags,
      how: { ...hint.how, before: how },
    };
  }

  /** A value of a type. */
  ofType(id: TypeId, source: Source): Value {
    const { fields, evidence } = this;
    const type = fields.btf.plain(id);
    const { text, origin, flags, how, key, field } = source;
    if (type.kind === 'pointer') {
      const to = this.resolve(type.to);
      const target = fields.btf.plain(to);
      const { kind } = target;
      if (kind === 'void' || kind === 'forward')
        return this.unknownOf(
          kind === 'void' ? '`void *`' : 'a pointer to a type that is only declared',
          source,
        );
      evidence.natural(origin, { to, offset: 0, half: false }, key);
      const hint = this.hintOf(source, target.kind === 'struct' && LINKS.has(target.name));
      if (hint !== undefined && hint.container && !fields.sameType(hint.to, to))
        return this.hinted(hint, source);
      return { kind: 'pointer', to, offset: 0, text: short(text, this.pointerType(to)), origin, flags, how };
    }
    const size = fields.btf.sizeOf(id);
    if (type.kind === 'struct' || type.kind === 'union' || type.kind === 'array')
      return this.unknownOf('a struct by value', source);
    if (size < 8) return NARROW;
    evidence.natural(origin, undefined, key);
    const hint = this.hintOf(source, false);
    if (hint !== undefined) return this.hinted(hint, source);
    return { kind: 'number', wide: { origin, text, how, flags, ...(field === undefined ? {} : { field }) } };
  }

  /** A value whose type is not known, unless its uses say it. */
  unknownOf(why: string, source: Source): Value {
    const { text, origin, how, key } = source;
    this.evidence.natural(origin, undefined, key);
    const hint = this.hintOf(source, true);
    if (hint !== undefined) return this.hinted(hint, source);
    return { kind: 'unknown', why, origin, offset: 0, text, how };
  }

  /** A value is used as a pointer to a type. */
  use(value: Value, to: TypeId, how: How): void {
    const wanted = this.resolve(to);
    const { kind } = this.fields.btf.plain(wanted);
    if (kind !== 'struct' && kind !== 'union') return;
    if (value.kind === 'unknown' && value.origin !== undefined)
      this.evidence.use(value.origin, wanted, -value.offset, how);
    else if (value.kind === 'number' && value.wide !== undefined)
      this.evidence.use(value.wide.origin, wanted, 0, how);
    else if (value.kind === 'pointer' && value.origin !== undefined) {
      const natural = this.evidence.byOrigin.get(value.origin)?.natural;
      const hint = this.hints.get(value.origin);
      if (hint !== undefined && hint.to === value.to)
        this.evidence.use(value.origin, wanted, hint.offset - value.offset, how);
      else if (natural !== undefined && natural.to === value.to)
        this.evidence.use(value.origin, wanted, natural.offset - value.offset, how);
    }
  }
}
