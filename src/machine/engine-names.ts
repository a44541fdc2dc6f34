// The engines by name, for who only names them.

/** The first is the default. */
export const ENGINE_NAMES = ['wasm', 'unicorn', 'unicorn.js'] as const;

/** The environment variable that chooses one. */
export const ENGINE_VARIABLE = 'OOPSLAB_ENGINE';

/** The names, as a sentence lists them. */
export const ENGINE_CHOICE = `${ENGINE_NAMES.slice(0, -1).join(', ')} or ${ENGINE_NAMES.at(-1) ?? ''}`;

const isEngine = (name: string): name is (typeof ENGINE_NAMES)[number] =>
  ENGINE_NAMES.some((known) => known === name);

/** The name that the environment chooses; `undefined` for one that no engine has. */
export const chosenEngine = (): (typeof ENGINE_NAMES)[number] | undefined => {
  const name = process.env[ENGINE_VARIABLE] ?? '';
  if (name === '') return ENGINE_NAMES[0];
  return isEngine(name) ? name : undefined;
};

/** What is wrong with another name. */
export const unknownEngine = (name: string): string =>
  `there is no engine "${name}"; it must be ${ENGINE_CHOICE}`;

/** Whether an engine has that name. */
export const isEngineName = (name: string): boolean => isEngine(name);
