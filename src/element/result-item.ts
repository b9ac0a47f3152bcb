import { linkTo } from '../core/document.ts';
import type { Result } from '../engine/types.ts';
import type { SearchTexts } from './search-texts.ts';

/** A new element with text and attributes. Text is a text node: nothing from a document is parsed as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Makes these nodes the children of an element. What need not move is not touched, as the focus and what is selected would be lost;
 * the child with the `pinned` node is left in its place, and the others put around it.
 */
export function arrange(parent: Node, children: readonly Node[], pinned: Node | null = null): void {
  for (const child of [...parent.childNodes]) if (!children.includes(child)) parent.removeChild(child);
  let next = parent.firstChild;
  for (const child of children) {
    const isPinned = child.parentNode === parent && child.contains(pinned);
    while (isPinned && next !== null && next !== child) {
      const later: Node = next;
      next = next.nextSibling;
      parent.appendChild(later);
    }
    if (child === next) next = next.nextSibling;
    else parent.insertBefore(child, next);
  }
}

/** Makes the children of an element equal to these, and keeps those that are already. */
export function fill(parent: Node, ...children: readonly Node[]): void {
  const known = [...parent.childNodes];
  arrange(
    parent,
    children.map((child) => known.find((each) => each.isEqualNode(child)) ?? child),
  );
}

/** An excerpt with its highlights marked. */
export function marked({ text, highlights }: Result['excerpt']): readonly (Node | string)[] {
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const { start, end } of highlights) {
    parts.push(text.slice(at, start), make('mark', {}, text.slice(start, end)));
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}

/** A link that a document gave: only to where a link may lead, never to `javascript:` and its like. */
export function safeHref(url: string, anchor: string): string | undefined {
  const target = linkTo(url, anchor);
  try {
    const { protocol } = new URL(target, document.baseURI);
    return ['http:', 'https:', 'file:'].includes(protocol) ? target : undefined;
  } catch {
    return undefined;
  }
}

function why(explain: NonNullable<Result['explain']>, texts: SearchTexts): HTMLTableElement {
  const rows = Object.entries(explain).map(([stage, { rank, score }]) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, texts.names[stage] ?? stage),
      make('td', {}, texts.rank(rank)),
      make('td', {}, texts.score(score.toFixed(4))),
    ),
  );
  return make('table', {}, ...rows);
}

export interface ItemOptions {
  /** Rank in the list shown before, from 1; undefined where it is new or there was none. */
  readonly before: number | undefined;
  readonly rank: number;
  readonly texts: SearchTexts;
  readonly resolve: (result: Result) => string | undefined;
  readonly open: boolean;
  onToggle(open: boolean): void;
}

function movement({ before, rank, texts }: ItemOptions): HTMLElement | undefined {
  if (before === undefined || before === rank) return undefined;
  const up = before > rank;
  return make(
    'span',
    {
      class: 'move',
      dir: 'ltr',
      'data-way': up ? 'up' : 'down',
      title: texts.was(before),
      'aria-label': texts.moved(before - rank),
    },
    `${up ? '▲' : '▼'}${Math.abs(before - rank)}`,
  );
}

/** Fills a list item with a result. */
export function fillItem(item: HTMLLIElement, result: Result, options: ItemOptions): void {
  const href = options.resolve(result);
  const name = result.title === '' ? result.url : result.title;
  // Documents may be written in another direction than the page.
  const dir = 'auto';
  const title: Node[] = [
    href === undefined ? make('span', { class: 'link' }, name) : make('a', { href, part: 'link' }, name),
  ];
  const moved = movement(options);
  if (moved !== undefined) title.push(moved);
  const head = item.querySelector('.title') ?? make('div', { class: 'title', dir });
  const parts: Node[] = [head];
  // Without a link nothing else tells where it was found, and several may have one title.
  const path = href === undefined && result.url !== name ? [result.url, ...result.heading] : result.heading;
  if (path.length > 0) parts.push(make('div', { class: 'path', dir }, path.join(' › ')));
  parts.push(make('p', { class: 'excerpt', dir }, ...marked(result.excerpt)));
  if (result.explain !== undefined) {
    const table = why(result.explain, options.texts);
    table.hidden = !options.open;
    parts.push(table);
    title.push(whyButton(item, options));
  }
  fill(head, ...title);
  fill(item, ...parts);
}

function whyButton(item: HTMLLIElement, { open, onToggle, texts }: ItemOptions): HTMLButtonElement {
  const label = make('bdi', {}, texts.why);
  const button = make('button', { type: 'button', class: 'why', 'aria-expanded': String(open) }, label);
  button.addEventListener('click', () => {
    // The scores change with each list, and the button stays.
    const isOpen = !item.querySelector('table')?.toggleAttribute('hidden');
    button.setAttribute('aria-expanded', String(isOpen));
    onToggle(isOpen);
  });
  return button;
}
