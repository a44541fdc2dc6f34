// The crashes of the site: each with its page, and its report to be read here.

import type { SiteCrash } from '../../src/site/site-data.js';
import { snippetCode } from '../model/given.js';
import type { Reader } from './reader.js';

/** Read the report of a crash. */
export const readCrash = (reader: Reader, { report, code }: Pick<SiteCrash, 'report' | 'code'>): void => {
  if (report !== null) reader.read({ text: report }, code === null ? null : snippetCode(code));
};

/** What each is, and the ways to it. */
export const Crashes = ({ crashes, reader }: { crashes: readonly SiteCrash[]; reader: Reader }) =>
  crashes.length === 0 ? null : (
    <section class="crashes" aria-labelledby="crashes">
      <h2 id="crashes">Crashes to walk through</h2>
      <p class="lead">
        Each page runs one crash, step by step, beside a run without the mistake, with every value explained.
      </p>
      <ul>
        {crashes.map((crash) => (
          <li key={crash.name}>
            <h3>
              <a href={crash.file}>{crash.title}</a>
            </h3>
            {crash.claim !== null && <p>{crash.claim}</p>}
            <p class="facts">
              {crash.cause !== null && <span class="cause">{crash.cause}</span>}
              <code>{crash.outcome}</code>
              {crash.source !== null && <span>modelled on {crash.source}</span>}
            </p>
            {crash.report !== null && (
              <button type="button" onClick={() => readCrash(reader, crash)}>
                Read its report<span class="hidden">: {crash.title}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
