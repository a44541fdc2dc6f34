import { expect, it } from 'vitest';
import { OOPS_REGISTERS } from '../../src/oops/fields.js';
import { partName, readRegister } from '../../src/x86/register-parts.js';
import {
  ARGUMENT_REGISTERS,
  CALLER_SAVED,
  GENERAL_REGISTERS,
  REGISTERS,
  REGISTER_INDEX,
  isRegisterName,
} from '../../src/x86/registers.js';

it('the general registers are the first 16 of a register file, in another order', () => {
  expect(GENERAL_REGISTERS.toSorted()).toEqual(REGISTERS.slice(0, 16).toSorted());
  expect(REGISTERS.map((name) => REGISTER_INDEX[name])).toEqual(REGISTERS.map((_, index) => index));
  expect([...OOPS_REGISTERS, 'rsp'].toSorted()).toEqual(GENERAL_REGISTERS.toSorted());
});

it('a call may destroy its arguments, RAX and two more', () => {
  expect([...ARGUMENT_REGISTERS, 'rax', 'r10', 'r11'].toSorted()).toEqual(CALLER_SAVED.toSorted());
});

it('the name of every part of a register is read back as that part', () => {
  for (const register of GENERAL_REGISTERS)
    for (const size of [1, 2, 4, 8])
      expect(readRegister(partName(register, 0, size))).toEqual({ register, first: 0, size });
  for (const register of ['rax', 'rbx', 'rcx', 'rdx'])
    expect(readRegister(partName(register, 1, 1))).toEqual({ register, first: 1, size: 1 });
  expect(partName('rsi', 1, 1)).toBe('rsi byte 1');
  expect(partName('rax', 1, 7)).toBe('rax bytes 1 to 7');
});

it('other words name no register', () => {
  for (const text of ['', 'RAX', 'rip', 'sih', 'eah', 'r8l', 'r16', 'toString'])
    expect(readRegister(text)).toBeUndefined();
  expect(isRegisterName('constructor')).toBe(false);
});
