import { SearchError, toSearchError } from '../core/errors.ts';
import { type GivenFilters, joinFilters } from '../core/filters.ts';
import { placeOf } from '../core/place.ts';
import type { Answer, FilterCounts, Result, SearchOptions } from '../engine/types.ts';
import { limitOf, upgradeProperties } from './attributes.ts';
import { icon, optionOf } from './dialog-parts.ts';
import { DIALOG_STYLES } from './dialog-styles.ts';
import { type DialogTexts, dialogTexts, indexUrls, otherIndexUrls } from './dialog-texts.ts';
import { FilterChoices, filtersAttribute } from './filter-choices.ts';
import { follow, isComposing, modifiersOf, stepOf } from './keys.ts';
import { Press } from './press.ts';
import { arrange, make } from './result-item.ts';
import { shortened } from './shortened.ts';

/** What the dialog needs of a search; that of `findling/site-search` is one. */
export interface DialogSearch {
  search(
    text: string,
    options: SearchOptions & { readonly signal: AbortSignal; onAnswer(answer: Answer): void },
  ): Promise<Answer>;
  warm(): Promise<void>;
  filters(): Promise<FilterCounts>;
}

/** Dispatched before a result is opened; `preventDefault()` and go there yourself (a site with a router of its own). */
export const OPEN_EVENT = 'findling-open';

/** Stages without which a list is another one, but a list. */
const IMPROVING: ReadonlySet<string> = new Set(['dense', 'feedback', 'hybrid']);

/**
 * `<findling-search-dialog index="/findling/">`: a button, and behind it a dialog with a search box and its results.
 * Ctrl+K, ⌘K and `/` open it. Attributes: `index` (see indexUrls), `lang`, `label`, `placeholder`, `limit`, `filters` (`version: 2.0`), `choices`
 * (filters that the visitor chooses by: `section, version`).
 * Nothing of the search is loaded before the dialog is opened.
 */
export abstract class SearchDialog extends HTMLElement {
  static readonly observedAttributes = ['lang', 'label', 'placeholder', 'limit', 'filters', 'choices'];
  readonly #label = make('span');
  readonly #button = make('button', { type: 'button', class: 'open', part: 'button', 'aria-haspopup': 'dialog' });
  readonly #input = make('input', {
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-controls': 'results',
    'aria-expanded': 'false',
    autocomplete: 'off',
    spellcheck: 'false',
    enterkeyhint: 'go',
  });
  readonly #close = make('button', { type: 'button', class: 'close' }, make('kbd', {}, 'Esc'));
  readonly #notice = make('p', { class: 'notice' });
  readonly #list = make('ul', { id: 'results', role: 'listbox', tabindex: '-1' });
  readonly #live = make('div', { class: 'visually-hidden', role: 'status' });
  readonly #dialog = make('dialog', { part: 'dialog' });
  readonly #press = new Press(this.#list);
  readonly #choices = new FilterChoices(() => void this.#ask());
  #filters: GivenFilters | undefined;
  readonly #searches = new Map<string, Promise<DialogSearch>>();
  #texts: DialogTexts = dialogTexts('en');
  /** Whose filters stand to be chosen, and which. */
  #offered: { readonly search: DialogSearch; readonly key: string } | undefined;
  #own: Partial<DialogTexts> | undefined;
  #running: AbortController | undefined;
  /** The text whose rows are on the list. */
  #answered = '';
  /** Enter was pressed before the rows of what is typed had come. */
  #entered: MouseEventInit | undefined;
  /** The id of the row that the visitor chose: it stays chosen while the list improves. */
  #chosen: string | undefined;

  /** Loads what searches the indexes in these folders. */
  protected abstract connect(urls: readonly string[]): Promise<DialogSearch>;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(DIALOG_STYLES);
    root.adoptedStyleSheets = [sheet];
    const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
    this.#button.setAttribute('aria-keyshortcuts', isApple ? 'Meta+K' : 'Control+K');
    const shortcut = make('kbd', { 'aria-hidden': 'true' }, isApple ? '⌘ K' : 'Ctrl K');
    this.#button.append(icon('search'), this.#label, shortcut);
    const field = make('div', { class: 'field' }, icon('search'), this.#input, this.#close);
    this.#dialog.append(field, this.#choices.element, this.#notice, this.#list, this.#live);
    root.append(this.#button, this.#dialog);
    this.#listen();
  }

  connectedCallback(): void {
    upgradeProperties<SearchDialog>(this, ['texts', 'filters']);
    this.attributeChangedCallback();
    window.addEventListener('keydown', this.#shortcut);
  }

  disconnectedCallback(): void {
    window.removeEventListener('keydown', this.#shortcut);
    this.#running?.abort();
    // Where it is moved to it would lie open without being modal, out of reach of Escape.
    this.close();
  }

  attributeChangedCallback(name?: string): void {
    this.#texts = { ...dialogTexts(this.#language()), ...this.#own };
    const label = this.getAttribute('label') ?? this.#texts.label;
    const placeholder = this.getAttribute('placeholder') ?? this.#texts.placeholder;
    this.#label.textContent = label;
    this.#input.placeholder = placeholder;
    for (const each of [this.#button, this.#dialog]) each.setAttribute('aria-label', label);
    this.#input.setAttribute('aria-label', placeholder);
    this.#list.setAttribute('aria-label', label);
    this.#close.setAttribute('aria-label', this.#texts.close);
    if (this.#dialog.open && ['limit', 'filters', 'choices'].includes(name ?? '')) void this.#ask();
  }

  /** What it says, in a language that it does not speak or in other words; what is left out is said as before. */
  get texts(): Partial<DialogTexts> | undefined {
    return this.#own;
  }

  set texts(texts: Partial<DialogTexts> | undefined) {
    this.#own = texts;
    this.attributeChangedCallback();
  }

  /** What its searches are narrowed to, in the place of the attribute of this name. */
  get filters(): GivenFilters {
    return this.#filters ?? filtersAttribute(this);
  }

  set filters(filters: GivenFilters | undefined) {
    this.#filters = filters;
    if (this.#dialog.open) void this.#ask();
  }

  /** Opens the dialog and starts to load the search; not where the page hides it. */
  open(): void {
    if (this.#dialog.open) return;
    this.attributeChangedCallback();
    this.#dialog.showModal();
    // A modal dialog that nobody sees would leave the page dead.
    if (!this.#dialog.checkVisibility({ visibilityProperty: true })) {
      this.close();
      return;
    }
    this.#input.focus();
    this.#input.select();
    void this.#ask();
  }

  close(): void {
    this.#dialog.close();
  }

  /** The next question opens the indexes anew: they were rebuilt. */
  reload(): void {
    this.#searches.clear();
  }

  #language(): string {
    return this.getAttribute('lang') ?? document.documentElement.lang;
  }

  #listen(): void {
    this.#button.addEventListener('click', () => this.open());
    this.#close.addEventListener('click', () => this.close());
    this.#input.addEventListener('input', () => {
      this.#chosen = undefined;
      this.#entered = undefined;
      void this.#ask();
    });
    this.#dialog.addEventListener('keydown', (event) => this.#key(event));
    this.#dialog.addEventListener('close', () => {
      this.#entered = undefined;
    });
    const isBeside = ({ target, clientX: x, clientY: y }: MouseEvent): boolean => {
      const { left, right, top, bottom } = this.#dialog.getBoundingClientRect();
      return target === this.#dialog && (x < left || x > right || y < top || y > bottom);
    };
    let pressed = false;
    this.#dialog.addEventListener('pointerdown', (event) => {
      pressed = isBeside(event);
    });
    this.#dialog.addEventListener('click', (event) => {
      // Text that is selected with the mouse may end beside the dialog too, and does not close it.
      if (pressed && isBeside(event)) this.close();
    });
    this.#list.addEventListener('click', (event) => this.#follow(event));
    this.#list.addEventListener('pointermove', (event) => {
      const row = event.target instanceof Element ? event.target.closest('li') : null;
      if (row !== null && row.getAttribute('aria-selected') !== 'true') this.#choose(row, false);
    });
  }

  readonly #shortcut = (event: KeyboardEvent): void => {
    // What a browser fills in by itself comes as a keydown without a key (Chrome).
    const isHotkey = event.key?.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event);
    if (event.defaultPrevented || (!isHotkey && !(isSlash && !this.#dialog.open))) return;
    const wasOpen = this.#dialog.open;
    if (wasOpen) this.close();
    else this.open();
    // Where the page hides this one the key is the page's, or another dialog's.
    if (wasOpen || this.#dialog.open) event.preventDefault();
  };

  #urls(read = indexUrls): readonly string[] {
    return read(this.getAttribute('index') ?? '/findling/', this.#language());
  }

  #search(): Promise<DialogSearch> {
    const urls = this.#urls();
    const key = urls.join(' ');
    const known = this.#searches.get(key) ?? this.#connected(urls, this.#urls(otherIndexUrls));
    this.#searches.set(key, known);
    // What could not be loaded is loaded again at the next attempt.
    known.catch(() => this.#searches.delete(key));
    return known;
  }

  /** A search that has been opened; at `others` where there is no index at `urls`. */
  async #connected(urls: readonly string[], others: readonly string[]): Promise<DialogSearch> {
    const search = await this.connect(urls);
    try {
      await search.warm();
      return search;
    } catch (cause) {
      if (toSearchError(cause).code !== 'not-found') throw cause;
      const other = await this.connect(others);
      await other.warm().catch(() => {
        throw cause;
      });
      return other;
    }
  }

  async #ask(): Promise<void> {
    const text = this.#input.value.trim();
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    if (text === '') this.#show([], this.#texts.hint, '');
    else if (this.#list.childElementCount === 0) this.#notice.textContent = this.#texts.searching;
    try {
      const search = await this.#search();
      await search.warm();
      void this.#offer(search);
      if (text === '' || signal.aborted) return;
      const onAnswer = (answer: Answer) => {
        this.#press.update(() => signal.aborted || this.#answer(answer, text));
      };
      const filters = joinFilters(this.filters, this.#choices.chosen);
      await search.search(this.#input.value, { limit: limitOf(this), filters, signal, onAnswer });
    } catch (cause) {
      this.#press.update(() => signal.aborted || this.#fail(toSearchError(cause)));
    }
  }

  /** Offers what there is to choose from in the index that is searched; without an answer nothing, until it is asked again. */
  async #offer(search: DialogSearch): Promise<void> {
    const names = FilterChoices.namesOf(this);
    const key = names.join();
    if (this.#offered?.search === search && this.#offered.key === key) return;
    this.#offered = { search, key };
    const forget = () => {
      this.#offered = undefined;
      return {};
    };
    const counts = names.length === 0 ? {} : await search.filters().catch(forget);
    if (this.#choices.offer(names, counts)) void this.#ask();
  }

  #answer({ results, skipped, complete }: Answer, text: string): void {
    const { length } = results;
    if (length === 0 && !complete) return;
    const lost = skipped.find(({ stage }) => !IMPROVING.has(stage));
    // One of several indexes may have nothing; of the only one nothing is known.
    if (length === 0 && lost !== undefined && this.#urls().length === 1) {
      this.#fail(new SearchError(lost.code, lost.reason));
      return;
    }
    const { none, count, partly } = this.#texts;
    const missed = skipped.slice(0, 1).map(({ reason }) => partly(reason));
    const found = length === 0 ? none(shortened(text)) : count(length);
    // A count alone is no sentence.
    const said = missed.length === 0 ? found : [found.replace(/\.?$/, '.'), ...missed].join(' ');
    this.#show(results, length === 0 ? said : missed.join(''), said);
    this.#answered = text;
    if (this.#entered !== undefined) this.#enter(this.#entered);
  }

  /** Follows the marked row as a click does, so that the keys which open another tab do so here too; once it is one of what is typed. */
  #enter(keys: MouseEventInit): void {
    const isAnswered = this.#answered === this.#input.value.trim();
    this.#entered = isAnswered ? undefined : keys;
    if (!isAnswered) return;
    const link = this.#list.querySelector('li[aria-selected="true"] a');
    if (link) follow(link, keys);
  }

  #fail(error: SearchError): void {
    const { missing, failed } = this.#texts;
    const said = error.code === 'not-found' ? missing : failed(error.message);
    this.#show([], said, said);
  }

  #show(results: readonly Result[], notice: string, said: string): void {
    const known = new Map([...this.#list.querySelectorAll('li')].map((row) => [row.dataset.place, row]));
    const rows = results.map((result, at) => {
      const row = optionOf(result, known.get(placeOf(result)));
      row.id = `result-${at}`;
      return row;
    });
    if (rows.length === 0) this.#answered = '';
    arrange(this.#list, rows);
    this.#notice.textContent = notice;
    if (this.#live.textContent !== said) this.#live.textContent = said;
    this.#input.setAttribute('aria-expanded', String(rows.length > 0));
    const chosen = rows.find(({ dataset }) => dataset.place === this.#chosen) ?? rows[0];
    if (chosen === undefined) this.#input.removeAttribute('aria-activedescendant');
    else this.#mark(chosen);
  }

  #mark(row: Element): void {
    for (const each of this.#list.children) each.setAttribute('aria-selected', String(each === row));
    this.#input.setAttribute('aria-activedescendant', row.id);
  }

  #choose(row: HTMLElement, scroll: boolean): void {
    this.#chosen = row.dataset.place;
    this.#mark(row);
    if (scroll) row.scrollIntoView({ block: 'nearest' });
  }

  #key(event: KeyboardEvent): void {
    // A list of values has keys of its own.
    if (isComposing(event) || event.target instanceof HTMLSelectElement) return;
    const rows = [...this.#list.querySelectorAll('li')];
    const at = rows.findIndex((row) => row.getAttribute('aria-selected') === 'true');
    const step = stepOf(event);
    if (step !== undefined) {
      const next = rows[(at + step + rows.length) % rows.length];
      if (next !== undefined) this.#choose(next, true);
    } else if (event.key === 'Enter' && event.target !== this.#close) {
      this.#enter(modifiersOf(event));
    } else return;
    event.preventDefault();
  }

  #follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    this.close();
    if (link.origin !== location.origin) return;
    const detail = { href: link.pathname + link.search + link.hash };
    const isFree = this.dispatchEvent(new CustomEvent(OPEN_EVENT, { detail, cancelable: true, bubbles: true }));
    if (!isFree) event.preventDefault();
  }
}

declare global {
  interface HTMLElementEventMap {
    [OPEN_EVENT]: CustomEvent<{ readonly href: string }>;
  }
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  // A closed shadow root hides what inside of its element has the focus.
  if (target.localName.includes('-') && target.shadowRoot === null) return true;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}
