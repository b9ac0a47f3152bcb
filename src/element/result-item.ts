import type { Result } from '../engine/types.ts';

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
  const target = anchor === '' ? url : `${url.split('#')[0]}#${anchor}`;
  try {
    const { protocol } = new URL(target, document.baseURI);
    return ['http:', 'https:', 'file:'].includes(protocol) ? target : undefined;
  } catch {
    return undefined;
  }
}

const STAGE_NAMES: Readonly<Record<string, string>> = {
  bm25: 'Words',
  dense: 'Vectors',
  feedback: 'Vectors again',
  hybrid: 'Meaning',
  reranked: 'Reranked',
};

/** A stage's name as a visitor reads it. */
export function stageName(stage: string): string {
  return STAGE_NAMES[stage] ?? stage;
}

function why(explain: NonNullable<Result['explain']>): HTMLTableElement {
  const rows = Object.entries(explain).map(([stage, { rank, score }]) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, stageName(stage)),
      make('td', {}, `rank ${rank}`),
      make('td', {}, `score ${score.toFixed(4)}`),
    ),
  );
  return make('table', {}, ...rows);
}

export interface ItemOptions {
  /** Rank in the list shown before, from 1; undefined where it is new or there was none. */
  readonly before: number | undefined;
  readonly rank: number;
  readonly resolve: (result: Result) => string | undefined;
  readonly open: boolean;
  onToggle(open: boolean): void;
}

function movement(before: number | undefined, rank: number): HTMLElement | undefined {
  if (before === undefined || before === rank) return undefined;
  const up = before > rank;
  const label = `${up ? 'up' : 'down'} ${Math.abs(before - rank)}`;
  return make(
    'span',
    { class: 'move', 'data-way': up ? 'up' : 'down', title: `was ${before}`, 'aria-label': label },
    `${up ? '▲' : '▼'}${Math.abs(before - rank)}`,
  );
}

/** Fills a list item with a result. */
export function fillItem(item: HTMLLIElement, result: Result, options: ItemOptions): void {
  const href = options.resolve(result);
  const name = result.title === '' ? result.url : result.title;
  const link = href === undefined ? make('span', { class: 'link' }, name) : make('a', { href, part: 'link' }, name);
  const head = make('div', { class: 'title' }, link);
  const moved = movement(options.before, options.rank);
  if (moved !== undefined) head.append(moved);
  item.replaceChildren(head);
  if (result.heading.length > 0) item.append(make('div', { class: 'path' }, result.heading.join(' › ')));
  item.append(make('p', { class: 'excerpt' }, ...marked(result.excerpt)));
  if (result.explain === undefined) return;
  const table = why(result.explain);
  table.hidden = !options.open;
  const button = make('button', { type: 'button', class: 'why', 'aria-expanded': String(options.open) }, 'why?');
  button.addEventListener('click', () => {
    table.hidden = !table.hidden;
    button.setAttribute('aria-expanded', String(!table.hidden));
    options.onToggle(!table.hidden);
  });
  head.append(button);
  item.append(table);
}
