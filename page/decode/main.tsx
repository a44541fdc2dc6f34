// Starts the page that reads reports: the list of crashes lies in it, or the reason why it cannot be shown is said.

import { render } from 'preact';
import { SITE_FORMAT, type SiteData } from '../../src/site/site-data.js';
import { Boundary } from '../view/boundary.js';
import { DecodePage } from './decode-page.js';
import './decode.css';

const readData = (): SiteData => {
  const text = document.querySelector('#data')?.textContent ?? '';
  if (text === '') throw new Error('it holds no data: make it with oopslab site');
  const data = JSON.parse(text) as SiteData;
  if (data.format !== SITE_FORMAT)
    throw new Error(`its data is ${JSON.stringify(data.format)}, and this page reads "${SITE_FORMAT}"`);
  return data;
};

const root = document.querySelector('#page');
if (root !== null) {
  root.replaceChildren();
  try {
    const data = readData();
    render(
      <Boundary>
        <DecodePage data={data} />
      </Boundary>,
      root,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    root.replaceChildren();
    render(<p role="alert">This page cannot be shown: {message}.</p>, root);
  }
}
