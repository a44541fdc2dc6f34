// Starts the page: reads the data that lies in it, or says in plain text why it cannot be shown.

import { render } from 'preact';
import { PAGE_FORMAT, type PageData } from '../src/report/page-data.js';
import { readPageData } from './model/read-data.js';
import { ShownPage } from './view/shown.js';
import { Boundary } from './view/boundary.js';
import './style/page.css';
import './lab/lab.css';

// The data was made by the program that made this page; a file that was changed by hand may hold anything.
const readData = (): PageData => {
  const text = document.querySelector('#data')?.textContent ?? '';
  if (text === '') throw new Error('it holds no recording: make one with oopslab report');
  const data = readPageData(text);
  if (data.format !== PAGE_FORMAT)
    throw new Error(`its data is ${JSON.stringify(data.format)}, and this page reads "${PAGE_FORMAT}"`);
  if (!Array.isArray(data.runs) || data.runs.some((run) => typeof run !== 'object' || run === null))
    throw new Error('its data is damaged: make it again with oopslab report');
  if (data.runs.length === 0) throw new Error('it holds no run');
  return data;
};

const root = document.querySelector('#page');
if (root !== null) {
  root.replaceChildren();
  try {
    const own = readData();
    render(
      <Boundary>
        <ShownPage own={own} />
      </Boundary>,
      root,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    root.replaceChildren();
    render(<p role="alert">This page cannot be shown: {message}.</p>, root);
  }
}
