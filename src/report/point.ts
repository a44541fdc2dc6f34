// The point of a run: the headline, the bytes it is about, how the run ended, and the chain of causes.

import type { Case } from '../reading/case.js';
import { whyDocument } from '../why/document.js';
import type { Why } from '../why/why.js';
import { endText, headlineOf } from './headline.js';
import type { PagePoint } from './page-data.js';
import { accessStrip, findingStrip, placeStrip } from './strip.js';
import type { Subject } from './subject.js';

const stepOf = (subject: Subject | undefined): number | null => {
  switch (subject?.kind) {
    case 'access':
      return subject.access.instruction;
    case 'finding':
      return subject.finding.instruction;
    case 'cause':
      return subject.link.inControl === true ? null : subject.link.step;
    default:
      return null;
  }
};

/** @param why the chain of what ended the run, where there is one */
export const pagePoint = (run: Case, subject: Subject | undefined, why: Why | undefined): PagePoint => {
  const { header } = run.recording;
  return {
    headline: headlineOf(run, subject),
    end: endText(run),
    isWrong: subject !== undefined || header.outcome.kind !== 'returned',
    at: stepOf(subject),
    strip:
      subject?.kind === 'access'
        ? accessStrip(run, subject.access)
        : subject?.kind === 'finding'
          ? findingStrip(run, subject.finding)
          : subject?.kind === 'cause' && subject.link.inControl !== true
            ? placeStrip(run, subject.link)
            : null,
    why: why === undefined || why.links.length === 0 ? null : whyDocument(header.scenario, why),
  };
};
