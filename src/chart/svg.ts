// SVG as a tree of elements, and the tree as text. All text is escaped here and nowhere else.

import { escapeXml } from '../base/xml.js';

/** Attributes of an element; numbers are written with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; a string among its children is text. */
export interface Svg {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: readonly (Svg | string)[];
}

type Child = Svg['children'][number];

/** An element; its children one by one, or in lists. */
export const svg = (
  name: string,
  attributes: Attributes = {},
  ...children: readonly (Child | readonly Child[])[]
): Svg => ({
  name,
  attributes,
  children: children.flat(),
});

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

const attributeText = (key: string, value: string | number): string => {
  if (typeof value === 'number') return rounded(value);
  // The numbers of a path are in its text.
  return escapeXml(key === 'd' ? value.replaceAll(/\d+\.\d{3,}/gu, (one) => rounded(Number(one))) : value);
};

/** The tree as a document. Elements that hold elements take lines of their own; white space in text stays. */
export const formatSvg = (root: Svg): string => {
  const lines: string[] = [];
  const tag = ({ name, attributes }: Svg): string =>
    [
      name,
      ...Object.entries(attributes).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}="${attributeText(key, value)}"`],
      ),
    ].join(' ');
  const inline = (node: Svg | string): string => {
    if (typeof node === 'string') return escapeXml(node);
    return `<${tag(node)}>${node.children.map(inline).join('')}</${node.name}>`;
  };
  const write = (node: Svg, indent: string): void => {
    if (node.children.length === 0) lines.push(`${indent}<${tag(node)}/>`);
    else if (node.children.some((child) => typeof child === 'string')) lines.push(indent + inline(node));
    else {
      lines.push(`${indent}<${tag(node)}>`);
      for (const child of node.children) if (typeof child !== 'string') write(child, `${indent}  `);
      lines.push(`${indent}</${node.name}>`);
    }
  };
  write(root, '');
  return `${lines.join('\n')}\n`;
};
