// A page starts no process and no thread for the code of src/. It stands where src/host/processes.ts stands in Node.

const refuse = (): never => {
  throw new Error('a page starts no process');
};

export const fork = refuse;
export const spawnSync = refuse;
export const startThread = refuse;
export const isStartError = (): boolean => false;
export const portOfThread = (): undefined => undefined;
export const tmpdir = (): string => '/tmp';
