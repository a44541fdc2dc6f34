// An explanation as the field `explanation` of `decode --json`.

import { hex } from '../../base/address.js';
import type { TypeOf } from '../../base/form.js';
import type { Statement, Subject } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { ExplainedInstruction } from '../explain/listing.js';
import type { TrapTypes } from '../types/trap-types.js';
import type { RegisterRole } from '../read/report.js';
import { sayClaim } from './claims.js';
import type { explanationForm, statementForm, typesForm } from './form.js';
import { jsonOf } from './sentences.js';

const aboutOf = (subject: Subject): string =>
  subject.kind === 'register'
    ? subject.name
    : subject.kind === 'stack'
      ? `stack[${subject.index}]`
      : subject.kind;

/** A statement as data, with its words. @param role of the registers that it is about */
export const statementJson = (
  { about, sure, claim, because }: Statement,
  role?: RegisterRole,
): TypeOf<typeof statementForm> => ({
  about: aboutOf(about),
  sure,
  says: sayClaim(claim, [about], role),
  claim: jsonOf(claim) as TypeOf<typeof statementForm>['claim'],
  because,
});

const instructions = (some: readonly ExplainedInstruction[]) => some.map((one) => ({ ...one }));

const typesJson = ({ access, registers, whyNot }: TrapTypes): TypeOf<typeof typesForm> => ({
  access:
    access === undefined
      ? null
      : {
          base: access.base,
          size: access.size,
          named: access.named ?? null,
          whyNot: access.whyNot ?? null,
        },
  registers: registers.map(({ where, of: caller, value: { text, type, sure, class: of, how } }) => ({
    register: where,
    caller: caller ?? null,
    text,
    type,
    sure,
    class: of,
    how,
  })),
  whyNot: whyNot ?? null,
});

/** All of an explanation; `undefined` when there is nothing to say. */
export const explanationJson = (explanation: Explanation): TypeOf<typeof explanationForm> | undefined => {
  const { decodecode, code, trap, way, registers, stack, gaps, contradictions, bad } = explanation;
  const part = (statements: readonly Statement[]) =>
    statements.map((one) => statementJson(one, explanation.role));
  const all = [code, trap, way, registers, stack, contradictions];
  if (decodecode === undefined && all.every((some) => some.length === 0)) return undefined;
  return {
    decodecode: decodecode ?? null,
    instructions: instructions(explanation.instructions),
    after: instructions(explanation.after),
    code: part(code),
    trap: part(trap),
    way: part(way),
    registers: part(registers),
    stack: part(stack),
    bad:
      bad === undefined
        ? null
        : {
            ...bad,
            value: hex(bad.value),
            register: bad.register ?? null,
            indirect: bad.indirect === true,
          },
    ...(explanation.types === undefined ? {} : { types: typesJson(explanation.types) }),
    gaps: [...gaps],
  };
};
