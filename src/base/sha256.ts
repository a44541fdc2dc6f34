// SHA-256. Node's module for it takes a twentieth of a start, so it is loaded at the first use.

/** @returns hexadecimal digits */
export const sha256 = (content: string | Uint8Array): string =>
  process.getBuiltinModule('node:crypto').createHash('sha256').update(content).digest('hex');
