// A chain as a graph for Graphviz: https://graphviz.org/doc/info/lang.html

import type { Link } from './link.js';
import type { Why } from './why.js';

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const labelOf = ({ step, at, line, says, inControl }: Link): string =>
  [
    `${at}${line === undefined ? '' : `, ${line}`}, step ${step}${inControl === true ? ' of the control' : ''}`,
    says,
  ].join('\n');

/** From the cause to the symptom. */
export const whyDot = (title: string, { links }: Why): string =>
  [
    `digraph ${quoted(title)} {`,
    '  node [shape=box];',
    ...links.map((link, index) => `  l${index} [label=${quoted(labelOf(link)).replaceAll('\n', '\\n')}];`),
    ...links.slice(1).map(({ by }, index) => `  l${index + 1} -> l${index} [label=${quoted(by)}];`),
    '}',
  ].join('\n');
