// Types through a few instructions: arguments, loads, spills, joins, `void *` by its use, containers, arrays.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CodePiece, decodePiece } from '../../../src/decode/code/code-piece.js';
import { FunctionTypes } from '../../../src/decode/types/function-types.js';
import type { CodeNames, FunctionCode } from '../../../src/decode/types/names.js';
import { SharedTypes } from '../../../src/decode/types/shared.js';
import { SmallBtf } from '../../helpers/small-btf.js';

const small = new SmallBtf();
const long = small.int('long', 8);
const int = small.int('int', 4);
const anything = small.pointer(0);
const list = small.next;
small.struct('list', 16, [['next', list + 1, 0], ['prev', list + 1, 8]]); // prettier-ignore
small.pointer(list);
const data = small.struct('file_data', 24, [['id', int, 0], ['flags', int, 4], ['link', list, 8]]); // prettier-ignore
const dataPointer = small.pointer(data);
const file = small.struct('file', 32, [['f_count', long, 0], ['private_data', anything, 8], ['own', dataPointer, 16]]); // prettier-ignore
const filePointer = small.pointer(file);
const slots = small.array(data, 4);
const area = small.struct('area', 200, [['vm_start', long, 0], ['vm_file', filePointer, 8], ['vm_slots', slots, 16]]); // prettier-ignore
const areaPointer = small.pointer(area);
small.function('close_area', 0, [['area', areaPointer], ['how', int]]); // prettier-ignore
small.function('close_data', 0, [['data', dataPointer]]);
for (const name of ['first', 'second', 'third']) small.function(name, 0, [['file', filePointer]]);
small.function('of_link', 0, [['link', list + 1]]);
const btf = small.make();

const START = 0x1000n;

/** Code at START; `call` instructions go to `close_data`. */
const codeOf = (name: string, hex: string): FunctionCode => {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(/[\s|]/gu, ''), 'hex'));
  const bare: CodePiece = { symbol: name, address: START, offset: 0, bytes, whole: true };
  const calls = [...decodePiece(bare).values()].filter(({ instruction: { flow } }) => flow === 'call');
  const piece = { ...bare, calls: new Map(calls.map(({ at }) => [at, 'close_data'])) };
  const names: CodeNames = {
    isAmbiguous: () => false,
    address: () => undefined,
    constant: () => undefined,
    perCpu: () => undefined,
  };
  return { name, pieces: [piece], names };
};

const typesOf = (name: string, hex: string): FunctionTypes => new FunctionTypes(codeOf(name, hex), btf);

const texts = (types: FunctionTypes): string[] =>
  [...types.accesses()].map(({ named, whyNot }) =>
    named === undefined ? `? ${whyNot}` : `${named.sure} ${named.class}: ${named.text}`,
  );

describe('types of a function', () => {
  it('go from its arguments through fields, copies and spills', () => {
    // mov 8(%rdi),%rax; push %rax; pop %rbx; mov 16(%rbx),%rcx; mov 4(%rcx),%edx; ret
    const types = typesOf('close_area', '48 8b 47 08 | 50 | 5b | 48 8b 4b 10 | 8b 51 04 | c3');
    expect(texts(types)).toEqual([
      'likely forward: area->vm_file',
      'likely forward: area->vm_file->own',
      'likely forward: area->vm_file->own->flags',
    ]);
    expect(types.register(START + 0xan, 1)).toEqual({
      text: 'area->vm_file->own',
      type: 'struct file_data *',
      sure: 'likely',
      class: 'forward',
      how: [
        'argument area of close_area',
        'loaded from area->vm_file at close_area+0x0',
        'loaded from area->vm_file->own at close_area+0x6',
      ],
    });
  });

  it('of a `void *` are what it is used as', () => {
    // mov 8(%rdi),%rax; mov 8(%rax),%rdi; mov (%rdi),%edx; call close_data; ret
    expect(texts(typesOf('close_area', '48 8b 47 08 | 48 8b 78 08 | 8b 17 | e8 00 00 00 00 | c3'))).toEqual([
      'likely forward: area->vm_file',
      'likely forward: area->vm_file->private_data',
      'likely used: ((struct file_data *)area->vm_file->private_data)->id',
    ]);
  });

  it('are not made up where nothing says one', () => {
    // mov 8(%rdi),%rax; mov 8(%rax),%rdi; mov (%rdi),%edx; ret
    expect(texts(typesOf('close_area', '48 8b 47 08 | 48 8b 78 08 | 8b 17 | c3')).at(-1)).toBe('? `void *`');
  });

  it('of a member before which is read are of the one struct that has it there', () => {
    // mov -4(%rdi),%eax; ret
    expect(texts(typesOf('of_link', '8b 47 fc | c3'))).toEqual([
      'likely container: container_of(link, struct file_data, link)->flags',
    ]);
  });

  it('with an index are known inside of an array member alone', () => {
    // lea 16(%rdi,%rax),%rcx; mov (%rcx),%edx; lea (%rdi,%rax),%rcx; mov (%rcx),%edx; ret
    expect(texts(typesOf('close_area', '48 8d 4c 07 10 | 8b 11 | 48 8d 0c 07 | 8b 11 | c3'))).toEqual([
      'likely element: area->vm_slots[…].id',
      '? its offset in the struct varies',
    ]);
  });

  it('that come together with NULL stay', () => {
    // xor %eax,%eax; test %esi,%esi; je +4; mov 8(%rdi),%rax; mov 16(%rax),%rcx; ret
    expect(texts(typesOf('close_area', '31 c0 | 85 f6 | 74 04 | 48 8b 47 08 | 48 8b 48 10 | c3'))).toEqual([
      'likely forward: area->vm_file',
      'likely forward: area->vm_file->own',
    ]);
  });

  it('of a `void *` field are what three functions of the module use it as', () => {
    // mov 8(%rdi),%rdi; call close_data; ret
    const using = '48 8b 7f 08 | e8 00 00 00 00 | c3';
    // mov 8(%rdi),%rax; mov 4(%rax),%eax; ret
    const reading = codeOf('second', '48 8b 47 08 | 8b 40 04 | c3');
    const said = (names: readonly string[]): string | undefined => {
      const shared = new SharedTypes(btf);
      for (const name of names) shared.add(codeOf(name, using));
      return texts(new FunctionTypes(reading, btf, { shared: shared.of })).at(-1);
    };
    expect(said(['first', 'second'])).toBe('? `void *`');
    expect(said(['first', 'second', 'second'])).toBe('? `void *`');
    expect(said(['first', 'second', 'third'])).toBe(
      'likely shared: ((struct file_data *)file->private_data)->flags',
    );
  });

  it('never name a field past the end of a struct, and are the same twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        const types = typesOf('close_area', hex);
        for (const { named, size } of types.accesses()) {
          if (named === undefined) continue;
          const id = btf.find('struct', named.struct);
          expect(id).toBeDefined();
          expect(named.offset).toBeGreaterThanOrEqual(0);
          expect(named.offset + size).toBeLessThanOrEqual(btf.sizeOf(id!));
        }
        expect(texts(typesOf('close_area', hex))).toEqual(texts(types));
      }),
      { numRuns: 300 },
    );
  });
});
