// What the types of the kernel say of a trap, in words: fields and values in C, and how they were concluded.

import { hex } from '../../base/address.js';
import { layoutLines } from '../../image/layout-text.js';
import { weaker } from '../code/analysis.js';
import type { Sure } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { TrapTypes } from '../types/trap-types.js';
import type { Block, Sentence } from './blocks.js';
import { LINE } from './fit.js';

/** Words about a value, and how sure they are. */
interface TypeWords {
  readonly text: string;
  readonly sure: Sure;
}

type Named = NonNullable<NonNullable<TrapTypes['access']>['named']>;

// The access of the instruction, where it goes through the register that is bad.
const badAccess = ({ types, bad }: Explanation): Named | undefined =>
  types?.access?.named !== undefined && bad?.register === types.access.base ? types.access.named : undefined;

// The end of an expression that is a C expression by itself: `vm_ops->close`.
const endOf = (text: string): string => {
  const parts = text.split('->');
  const end = parts.slice(-2).join('->');
  return parts.length > 2 && !/[()]/u.test(end) ? end : text;
};

/** `vm_ops->close at offset 0x8`: the field that was wanted through the bad pointer. */
export const wantedWords = (explanation: Explanation): TypeWords | undefined => {
  const named = badAccess(explanation);
  if (named === undefined) return undefined;
  return { text: `${endOf(named.text)} at offset ${hex(BigInt(named.offset))}`, sure: named.fieldSure };
};

// The last step, where it is an instruction, is where the value comes from.
const lastStep = (how: readonly string[]): string | undefined => {
  const last = how.at(-1);
  const at = last === undefined ? undefined : / at (\S+)$/u.exec(last)?.[1];
  if (last === undefined || at === undefined) return last;
  return last.startsWith('loaded from') ? `loaded at ${at}` : last;
};

/** `RAX is vma->vm_file, loaded at shm_close+0x6`: the bad pointer in C. */
export const pointerWords = ({ types, bad }: Explanation): TypeWords | undefined => {
  const register = bad?.register;
  const value = types?.registers.find(({ where, of }) => where === register && of === undefined)?.value;
  if (register === undefined || value === undefined) return undefined;
  const step = lastStep(value.how);
  const tail = step === undefined ? '' : `, ${step}`;
  const texts = [value.text, `…->${endOf(value.text)}`, `a ${value.type}`];
  const said = texts.map((text) => `${register.toUpperCase()} is ${text}`);
  const text =
    [`${said[0]!}${tail}`, said[0]!, `${said[1]!}${tail}`, `${said[2]!}${tail}`].find(
      (one) => one.length <= LINE - 12,
    ) ?? said[2]!;
  return { text, sure: value.sure };
};

const others = ({ others: more }: Named): string =>
  more.length === 0
    ? ''
    : `; these bytes are also ${more.slice(0, 4).join(', ')}${more.length > 4 ? ' …' : ''}`;

/** Everything that types say of a trap. */
export const typeSentences = ({ types }: Explanation): Sentence[] => {
  if (types === undefined) return [];
  if (types.whyNot !== undefined) return [{ text: `No types: ${types.whyNot}` }];
  const { access, pointer, registers } = types;
  const sentences: Sentence[] = [];
  if (access?.named !== undefined) {
    const { text, type, struct, offset, fieldSure, sure } = access.named;
    sentences.push({
      sure: weaker(sure, fieldSure),
      text: `The instruction accesses ${text} (${type}), at offset ${hex(BigInt(offset))} of struct ${struct}${others(access.named)}`,
    });
  } else if (access !== undefined)
    sentences.push({
      text: `What %${access.base} points to has no name: ${access.whyNot ?? 'nothing says its type'}`,
    });
  if (
    access?.named === undefined &&
    pointer !== undefined &&
    'whyNot' in pointer &&
    access?.whyNot !== pointer.whyNot
  )
    sentences.push({ text: `The type of %${access?.base ?? ''} is not known: ${pointer.whyNot}` });
  for (const { where, value, of } of registers)
    sentences.push({
      sure: value.sure,
      text: `${where.toUpperCase()} is ${value.text} (${value.type})${of === undefined ? '' : ` of the caller ${of}, still there`}: ${value.how.join('; ')}`,
    });
  return sentences;
};

/** The struct with the accessed field, as `oopslab struct` prints it. */
export const structBlock = ({ types }: Explanation): Block => {
  const { struct, access } = types ?? {};
  const named = access?.named;
  if (struct === undefined || named === undefined) return { kind: 'fixed', title: '', lines: [] };
  const title = `Around ${endOf(named.text)} at offset ${hex(BigInt(named.offset))}`;
  return { kind: 'fixed', title, lines: layoutLines(struct) };
};
