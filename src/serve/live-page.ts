// placeholder
import type { LiveAnswer } from './live-answer.js';

export const livePage = (first: LiveAnswer): { readonly html: string; readonly policy: string } => ({
  html: `<!doctype html><title>oopslab</title><p>${first.scenario}`,
  policy: "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
});
