// The registers that a recording keeps, in one fixed order.

/** The 16 general registers as gdb names them, in the order of the encoding's numbers 0 to 15, then rip and rflags. */
export const REGISTERS = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
  'rflags',
] as const;

export type RegisterName = (typeof REGISTERS)[number];

/** How many registers a register file holds. */
export const REGISTER_COUNT = REGISTERS.length;

/** Index of a register in a register file: a BigUint64Array of REGISTER_COUNT values. */
export const REGISTER_INDEX = Object.fromEntries(REGISTERS.map((name, index) => [name, index])) as Readonly<
  Record<RegisterName, number>
>;

/** The general registers in the order in which people know them, and in which an oops prints them. */
export const GENERAL_REGISTERS = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
] as const; // prettier-ignore

/** Arguments of a call, in order. Source: System V ABI AMD64, 3.2.3 "Parameter Passing" */
export const ARGUMENT_REGISTERS = ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'] as const;

/** Registers that a call may destroy. Source: System V ABI AMD64, figure 3.4 "Register Usage" */
export const CALLER_SAVED = ['rax', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11'] as const;

export const isRegisterName = (name: string): name is RegisterName => Object.hasOwn(REGISTER_INDEX, name);
