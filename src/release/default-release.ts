/** The kernel release of the shipped machine code. */
export const DEFAULT_RELEASE = '3.0.101-84-default';
