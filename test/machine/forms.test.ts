// Every instruction form of the modules under fs/ and net/ of a real kernel, and drawn instructions of every opcode that kernels use: on
// both engines and on this machine's CPU, with operands over every edge of memory. OOPSLAB_FULL=1 tries more states, and with
// OOPSLAB_FORMS=FILE other encodings, which `npm run bench:forms` lists and runs.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Findings, tryForms } from '../helpers/form-campaign.js';
import { kernelInstructions } from '../helpers/kernel-instructions.js';

const FULL = process.env['OOPSLAB_FULL'] === '1';
const LIST = process.env['OOPSLAB_FORMS'] ?? new URL('../fixtures/kernel-forms.txt', import.meta.url);
const LIMIT = FULL ? 7_200_000 : 200_000;

const listed = () =>
  readFileSync(LIST, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [name, , encodings] = line.split(': ') as [string, string, string];
      return encodings.split(' ').map((digits) => ({ name, bytes: Uint8Array.from(Buffer.from(digits, 'hex')) }));
    }); // prettier-ignore

const tell = ({ encodings, states, known }: Findings): void => {
  if (FULL) process.stdout.write(`${encodings} encodings, ${states} states, known differences: ${JSON.stringify(Object.fromEntries(known))}\n`); // prettier-ignore
};

it('the forms of a kernel do what they do with another engine and on the CPU of this machine', async () => {
  const findings = await tryForms({ encodings: listed(), states: FULL ? 48 : 8, linked: FULL ? 12 : 3, seed: 152 });
  tell(findings);
  expect([...findings.unexplained]).toEqual([]);
  // What our engine says it does not run: of the system, and vectors.
  expect([...findings.refused].filter((name) => !/^(?:VEX_|Clac|Stac|Rdtsc)/u.test(name))).toEqual([]);
}, LIMIT); // prettier-ignore

it('so do instructions of every opcode that kernels use', async () => {
  const encodings = [...kernelInstructions(15, FULL ? 100 : 4)].map(({ bytes, form }) => ({ name: form, bytes: Uint8Array.from(bytes) }));
  const findings = await tryForms({ encodings, states: FULL ? 32 : 8, linked: 2, seed: 153 });
  tell(findings);
  expect([...findings.unexplained]).toEqual([]);
}, LIMIT); // prettier-ignore
