// The first message to the worker. Types only.

/** What it works with: packed files in base64, those of the build and those of the page. */
export interface Order {
  readonly packs: readonly string[];
}
