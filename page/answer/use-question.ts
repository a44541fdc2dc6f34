// A question to the laboratory, as a part of the page has it: on its way, refused, or answered. Answers are kept, so
// that back and forward show them at once.

import { useEffect, useState } from 'preact/hooks';
import type { Kind, Questions } from '../../src/laboratory/questions.js';
import { laboratory } from '../model/laboratory.js';

/** What is known of a question. */
export type Reply<K extends Kind> =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'answered'; readonly answer: Questions[K]['answer'] };

const KEPT = 200; // answers

const kept = new Map<string, Reply<Kind>>();

const keep = (key: string, reply: Reply<Kind>): void => {
  kept.set(key, reply);
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
};

const WAITING = { kind: 'waiting' } as const;

/**
 * Ask, and ask again when the question changes.
 *
 * @param asks undefined: nothing is asked, and the reply stays on its way
 */
export const useQuestion = <K extends Kind>(kind: K, asks: Questions[K]['asks'] | undefined): Reply<K> => {
  const key = asks === undefined ? '' : JSON.stringify([kind, asks]);
  const [replied, setReplied] = useState<{ readonly key: string; readonly reply: Reply<K> }>();
  useEffect(() => {
    if (asks === undefined || kept.has(key)) return undefined;
    let isWanted = true;
    const settle = (reply: Reply<K>): void => {
      if (reply.kind === 'answered') keep(key, reply);
      if (isWanted) setReplied({ key, reply });
    };
    laboratory.ask(kind, asks).then(
      (answer) => settle({ kind: 'answered', answer }),
      (error: unknown) =>
        settle({ kind: 'refused', message: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  const known = kept.get(key) as Reply<K> | undefined;
  return known ?? (replied?.key === key ? replied.reply : WAITING);
};
