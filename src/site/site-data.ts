// What the page of a site knows besides the texts that are pasted into it. Types and one name only: the page imports them.

/** The first field of the data; a page reads its own alone. */
export const SITE_FORMAT = 'oopslab site 1';

/** A crash that the site has a page of. */
export interface SiteCrash {
  readonly name: string;
  readonly title: string;
  /** What the run is to show, where its scenario says so. */
  readonly claim: string | null;
  /** `BUG at shm_close+0x3e` */
  readonly outcome: string;
  /** `use-after-free`, where the scenario says it. */
  readonly cause: string | null;
  /** What it is modelled on. */
  readonly source: string | null;
  /** The page, beside this one. */
  readonly file: string;
  /** The kernel's report; null where the run ended without one. */
  readonly report: string | null;
  /** A shipped snippet with the code of the trap, as `decode --code` takes it. */
  readonly code: string | null;
}

/** The data. */
export interface SiteData {
  readonly format: typeof SITE_FORMAT;
  /** The first one's report is the one to try. */
  readonly crashes: readonly SiteCrash[];
}
