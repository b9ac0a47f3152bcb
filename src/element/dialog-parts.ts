import { placeOf } from '../core/place.ts';
import type { Result } from '../engine/types.ts';
import { fill, make, marked, safeHref } from './result-item.ts';

const SVG = 'http://www.w3.org/2000/svg';
const ICONS = { search: 'M20 20l-4.5-4.5M17.5 10.5a7 7 0 1 1-14 0a7 7 0 0 1 14 0z' } as const;

/** A drawing that takes the colour of the text around it. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** A result as a row of the dialog's list: title, heading and excerpt inside one link. The row that it had is kept. */
export function optionOf(result: Result, known?: HTMLLIElement): HTMLLIElement {
  const href = safeHref(result.url, result.anchor);
  // Documents may be written in another direction than the page.
  const dir = 'auto';
  const inside = [
    make('div', { class: 'title', dir }, result.title === '' ? result.url : result.title),
    ...(result.heading.length > 0 ? [make('div', { class: 'path', dir }, result.heading.join(' › '))] : []),
    make('div', { class: 'excerpt', dir }, ...marked(result.excerpt)),
  ];
  const link =
    href === undefined ? make('div', { class: 'link' }, ...inside) : make('a', { href, tabindex: '-1' }, ...inside);
  const row = known ?? make('li', { role: 'option', 'data-place': placeOf(result) });
  fill(row, link);
  return row;
}
