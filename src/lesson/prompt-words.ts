// The words that the prompt of a lesson takes besides answers.

// They steer a course. A choice of such a name could not be given as an answer.
const STEERING = ['hint', 'again', 'skip', 'quit', 'q', 'exit', 'help', '?'] as const;

/** Words that look at the run. */
export const LOOKS = ['show', 'oops', 'dis', 'why', 'crash'] as const;

/** Whether it means something at the prompt. */
export const isPromptWord = (word: string): boolean =>
  [...STEERING, ...LOOKS].some((one) => one === word.toLowerCase());

/** What may be typed, a line each. */
export const PROMPT_HELP: readonly string[] = [
  'hint: a hint, for points. A wrong answer costs more than a hint; what cannot be read costs nothing.',
  'again: the question. skip: the answer with its reason, without points. quit: end; what is done is kept.',
  'show: again what the question is about. oops: the report. dis FUNCTION: its instructions. why PLACE: where it came from. crash COMMAND: as at the crash> prompt.',
];
