// How sure a statement is. docs/decode.md defines the words.

/** How sure a statement is: nothing else is possible; the usual reading; one of several readings. */
export type Sure = 'certain' | 'likely' | 'possible';
