// Builds a page into one HTML file: script and style inlined, and a policy that names them by their hashes.

import { createHash } from 'node:crypto';
import { type Plugin, type UserConfig, defineConfig } from 'vite';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const textOf = (source: string | Uint8Array): string =>
  typeof source === 'string' ? source : Buffer.from(source).toString('utf8');

/** What the page may do: run and look like what was built, and nothing else. */
const policyOf = (script: string, style: string): string =>
  [
    "default-src 'none'",
    `script-src ${hashOf(script)} 'wasm-unsafe-eval'`,
    'worker-src blob:',
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

// Everything that the build made goes into the HTML, in place of the tags that would load it.
const inline = (): Plugin => ({
  name: 'oopslab-inline',
  enforce: 'post',
  generateBundle(_, bundle) {
    const html = bundle['index.html'];
    if (html?.type !== 'asset') throw new Error('the build made no index.html');
    const take = (suffix: string): string => {
      const names = Object.keys(bundle).filter((name) => name.endsWith(suffix));
      const [name] = names;
      const found = name === undefined ? undefined : bundle[name];
      if (found === undefined || name === undefined || names.length > 1)
        throw new Error(`the build made ${names.length} files ${suffix} in place of one`);
      delete bundle[name];
      return found.type === 'chunk' ? found.code : textOf(found.source);
    };
    // Inside of an element a script must not hold its own end.
    const script = take('.js')
      .trim()
      .replaceAll('</script', String.raw`<\/script`);
    const style = take('.css').trim();
    const body = textOf(html.source)
      .replaceAll(/\s*<script type="module"[^>]*><\/script>/gu, '')
      .replaceAll(/\s*<link rel="stylesheet"[^>]*>/gu, '');
    const policy = `<meta http-equiv="Content-Security-Policy" content="${policyOf(script, style)}" />`;
    html.source = body
      .replace('<meta charset="utf-8" />', (charset) => `${charset}\n    ${policy}`)
      .replace('</head>', () => `  <style>${style}</style>\n  </head>`)
      .replace('</body>', () => `  <script type="module">${script}</script>\n  </body>`);
  },
});

/** How a page is built. @param root the folder with its index.html */
export const pageConfig = (root: string): UserConfig =>
  defineConfig({
    root,
    base: './',
    logLevel: 'warn',
    plugins: [inline()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      target: 'es2022',
      emptyOutDir: true,
      modulePreload: false,
      reportCompressedSize: false,
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
