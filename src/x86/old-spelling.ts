// The spelling of the tools that printed the evidence, as a list of differences from GNU objdump 2.40.
import { parseEncoding } from './encoding.js';
import type { GnuText } from './gnu-text.js';

// One difference between the two spellings.
interface SpellingRule {
  /** The end of the new mnemonic, from a word's start on. */
  readonly from: string;
  readonly to: string;
  /** Which operands it applies to; absent: all. */
  readonly operands?: RegExp;
  /** Which last opcode byte it applies to; absent: all. */
  readonly opcode?: number;
  /** What the operands become, where they change; `$1` is the first group of `operands`. */
  readonly become?: string;
  /** Where the old spelling is seen. */
  readonly evidence: string;
}

const GOLDEN = 'test/golden/decodecode.txt and dis-lr-shm_close.txt';
const GDB = 'opcodes/i386-dis.c of gdb 7.6, which crash 7 contains';
const GAS = 'expected by the test suite of gas before binutils 2.36';
const PADDING = 'listings by crash of Linux 3.10 and later 3.x kernels';

// Everything but a general register: an immediate, memory, %fs or %gs.
const NO_REGISTER = /^(?!%(?![fg]s\b)\w+$)/u;

/**
 * The differences, as far as a kernel's code shows them. In 64-bit mode a `q` was put on instructions that have only one size.
 * A prefix of 16 bits (`callw`, `pushw`) reads alike in both.
 */
export const OLD_SPELLING: readonly SpellingRule[] = [
  { from: 'call', to: 'callq', evidence: GOLDEN },
  { from: 'ret', to: 'retq', evidence: GDB },
  { from: 'jmp', to: 'jmpq', operands: /^\*/u, evidence: GDB },
  { from: 'jmp', to: 'jmpq', opcode: 0xe9, evidence: GDB }, // eb, the short one, has no suffix in either
  { from: 'leave', to: 'leaveq', evidence: GDB },
  { from: 'enter', to: 'enterq', evidence: GDB },
  { from: 'push', to: 'pushq', operands: NO_REGISTER, evidence: GDB },
  { from: 'pop', to: 'popq', operands: NO_REGISTER, evidence: GDB },
  { from: 'pushf', to: 'pushfq', evidence: GDB },
  { from: 'popf', to: 'popfq', evidence: GDB },
  { from: 'lcall', to: 'lcallq', evidence: GDB },
  { from: 'ljmp', to: 'ljmpq', evidence: GDB },
  { from: 'monitor', to: 'monitor', operands: /^.*$/u, become: '%rax,%rcx,%rdx', evidence: GAS },
  { from: 'mwait', to: 'mwait', operands: /^.*$/u, become: '%rax,%rcx', evidence: GAS },
  // Padding: the code segment is named in the operand, and a repeated 66 is named by what it undoes.
  { from: 'cs nopw', to: 'nopw', operands: /^(.*)$/u, become: '%cs:$1', evidence: PADDING },
  { from: 'cs nopl', to: 'nopl', operands: /^(.*)$/u, become: '%cs:$1', evidence: PADDING },
  ...[5, 4, 3, 2, 1].flatMap((count): SpellingRule[] => {
    const [from, to] = ['data16 '.repeat(count), 'data32 '.repeat(count)];
    return [
      { from: `${from}nopw`, to: `${to}nopw`, evidence: PADDING },
      { from: `${from}xchg`, to: `${to}xchg`, operands: /^%ax,%ax$/u, evidence: PADDING },
    ];
  }),
];

const lastWord = (mnemonic: string): string => mnemonic.slice(mnemonic.lastIndexOf(' ') + 1);

const rulesByWord = new Map<string, SpellingRule[]>();
for (const rule of OLD_SPELLING) {
  const word = lastWord(rule.from);
  rulesByWord.set(word, [...(rulesByWord.get(word) ?? []), rule]);
}

/**
 * Spell an instruction as the older tools did.
 *
 * @param bytes of the instruction
 */
export const spellAsOld = (text: GnuText, bytes: Uint8Array): GnuText => {
  const rules = rulesByWord.get(lastWord(text.mnemonic));
  if (rules === undefined) return text;
  let { mnemonic, operands } = text;
  for (const rule of rules) {
    if (mnemonic !== rule.from && !mnemonic.endsWith(` ${rule.from}`)) continue;
    if (rule.operands?.test(operands) === false) continue;
    if (rule.opcode !== undefined && parseEncoding(bytes).opcode !== rule.opcode) continue;
    mnemonic = mnemonic.slice(0, -rule.from.length) + rule.to;
    if (rule.operands !== undefined && rule.become !== undefined)
      operands = operands.replace(rule.operands, rule.become);
  }
  return { ...text, mnemonic, operands };
};
