// What is loaded from a memory operand: a field, a slot of the stack, a per-CPU variable, or what has no type.

import { hex } from '../../base/address.js';
import { type Code, placeOf } from '../code/code-piece.js';
import { type Access, pointerText } from './access.js';
import type { Maker, Source } from './maker.js';
import type { State } from './state.js';
import { Flag, NUMBER, type Value, plus } from './value.js';

export class Loads {
  constructor(readonly maker: Maker) {}

  // The address of a symbol.
  address(name: string, offset: number, at: string): Value {
    if (this.maker.fields.btf.find('variable', name) !== undefined) return { kind: 'per-cpu', name, offset };
    const how = { text: `the address of ${name}`, at };
    const source = { text: `&${name}`, origin: `address ${name}`, flags: 0, how, key: `&${name}` };
    return plus(
      this.maker.unknownOf('the address of a variable whose type BTF does not have', source),
      offset,
    );
  }

  // A per-CPU variable, or a part of one.
  #perCpu(name: string, offset: number, source: Source): Value | undefined {
    const { fields } = this.maker;
    const id = fields.btf.find('variable', name);
    const variable = id === undefined ? undefined : fields.btf.type(id);
    if (variable?.kind !== 'variable') return undefined;
    if (offset === 0 && fields.btf.plain(variable.of).kind === 'pointer')
      return this.maker.ofType(variable.of, { ...source, text: name });
    const field = fields.at(variable.of, offset, 8);
    if (field === undefined || field.from !== offset || field.size !== 8) return undefined;
    const flags = source.flags | (field.ambiguous ? Flag.UNION : 0);
    return this.maker.ofType(field.type, { ...source, flags, text: `${name}.${field.path}` });
  }

  // Eight bytes that were loaded.
  load(code: Code, state: State, access: Access): Value {
    const { maker } = this;
    const at = placeOf(code);
    const origin = `load ${hex(code.instruction.address)}`;
    const source = (text: string, flags: number, more: Partial<Source> = {}): Source => ({
      text,
      origin,
      flags,
      how: { text: text === '' ? 'loaded' : `loaded from ${text}`, at },
      ...more,
    });
    switch (access.kind) {
      case 'field': {
        const { field, flags, pointer, text } = access;
        const indexed = (flags & Flag.ELEMENT) === 0 ? flags : (flags & ~Flag.ELEMENT) | Flag.INDEXED;
        if (field.size !== 8) return NUMBER;
        const struct = maker.fields.btf.plain(access.struct);
        const name = struct.kind === 'struct' ? struct.name : '';
        const known =
          name === '' || field.ambiguous || (flags & Flag.ELEMENT) !== 0
            ? {}
            : { key: `${name}+${access.offset}` };
        const how = { text: `loaded from ${text}`, at, before: pointer.how };
        const tail = this.#innermost(access.struct, access.offset);
        return maker.ofType(field.type, {
          ...source(text, indexed),
          ...known,
          how,
          field: tail,
        });
      }
      case 'plain': {
        const { flags, how } = access.pointer;
        if (maker.fields.btf.sizeOf(access.type) !== 8) return NUMBER;
        const step = { text: `loaded from ${access.text}`, at, before: how };
        return maker.ofType(access.type, { ...source(access.text, flags), how: step });
      }
      case 'stack':
        return this.#fromStack(state, access.offset, source('', 0));
      case 'per-cpu': {
        const { symbol } = access;
        if (symbol?.name === 'this_cpu_off') return { kind: 'cpu-base' };
        const value = symbol && this.#perCpu(symbol.name, symbol.plus, source(symbol.name, Flag.PER_CPU));
        return value ?? maker.unknownOf('a per-CPU variable whose type is not known', source('', 0));
      }
      case 'symbol': {
        const { symbol } = access;
        if (symbol?.name === '__per_cpu_offset') return { kind: 'cpu-base' };
        const name =
          symbol === undefined
            ? ''
            : symbol.plus === 0
              ? symbol.name
              : `${symbol.name}+${hex(BigInt(symbol.plus))}`;
        if (name === '' || code.operation.address!.index >= 0)
          return maker.unknownOf('a variable whose type BTF does not have', source(name, 0));
        return maker.unknownOf('a variable whose type BTF does not have', {
          ...source(name, 0),
          origin: `global ${name}`,
          key: name,
        });
      }
      default: {
        const value = access.value;
        const text = value.kind === 'pointer' ? pointerText(maker, value, access.base) : '';
        return maker.unknownOf(
          `loaded from what is not known: ${access.whyNot.replace(/^(?:loaded from what is not known: )+/u, '')}`,
          source(text === '' ? '' : `*(${text})`, 0),
        );
      }
    }
  }

  // `rb_node.__rb_parent_color`: the struct that holds an offset most closely, and its field.
  #innermost(struct: number, offset: number): string {
    const { btf } = this.maker.fields;
    let type = btf.plain(struct);
    let name = type.kind === 'struct' ? type.name : '';
    let path: string[] = [];
    let at = offset;
    for (let depth = 0; depth < 16; depth += 1) {
      if (type.kind !== 'struct' && type.kind !== 'union') break;
      const inside = type.members.find(
        ({ bit, type: of }) => at >= bit >> 3 && at < (bit >> 3) + btf.sizeOf(of),
      );
      if (inside === undefined) break;
      at -= inside.bit >> 3;
      type = btf.plain(inside.type);
      if (inside.name !== '') path.push(inside.name);
      if (
        type.kind === 'struct' &&
        type.name !== '' &&
        type.name !== 'list_head' &&
        !type.name.startsWith('atomic')
      )
        [name, path] = [type.name, []];
    }
    return `${name}.${path.join('.')}`;
  }

  #fromStack(state: State, offset: number | undefined, source: Source): Value {
    const { maker } = this;
    if (offset === undefined) return maker.unknownOf('a stack slot with an index', source);
    const slot = state.slots.get(offset);
    if (slot !== undefined) return slot;
    const found = state.regionAt(offset);
    if (found === undefined) return maker.unknownOf('a stack slot that the function did not write', source);
    const { from, region } = found;
    const how = { text: region.text, at: region.at };
    if (offset === from && maker.fields.btf.plain(region.to).kind === 'pointer')
      return maker.ofType(region.to, { ...source, flags: Flag.FILLED, how });
    const field = maker.fields.at(region.to, offset - from, 8);
    if (field === undefined || field.from !== offset - from || field.size !== 8)
      return maker.unknownOf('a part of a struct on the stack', source);
    const flags = Flag.FILLED | (field.ambiguous ? Flag.UNION : 0);
    return maker.ofType(field.type, {
      ...source,
      text: `(${maker.pointerType(region.to).replace(/ \*$/u, '')}).${field.path}`,
      flags,
      how,
    });
  }
}
