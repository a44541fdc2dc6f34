// The worker of a page that only reads reports: a smaller program, which starts sooner.

import { InputError } from '../../src/base/errors.js';
import { answerDecode } from '../../src/laboratory/decode.js';
import type { Asked, Questions, Told } from '../../src/laboratory/questions.js';
import { refusalOf } from '../../src/laboratory/refusal.js';
import { port, takeFiles, unpack } from './port.js';

const answer = ({ id, kind, asks }: Asked, tell: (told: Told<'decode'>) => void): void => {
  try {
    if (kind !== 'decode') throw new InputError(`this page answers no ${kind}`);
    const asked = asks as Questions['decode']['asks'];
    tell({ id, answer: answerDecode(asked, (tells) => tell({ id, tells })) });
  } catch (error) {
    tell({ id, refusal: refusalOf(error) });
  }
};

port.addEventListener('message', ({ data }) => {
  if ('packs' in data) unpack(data);
  else if ('kind' in data) {
    takeFiles(data);
    answer(data, (told) => port.postMessage(told, []));
  }
});
