// How the page of `oopslab report` is built.

import { fileURLToPath } from 'node:url';
import { pageConfig } from './one-file.js';

export default pageConfig(fileURLToPath(new URL('.', import.meta.url)));
