import type { SearchRun } from '../client/run.ts';
import type { Search } from '../client/search.ts';
import { toSearchError } from '../core/errors.ts';
import { type GivenFilters, joinFilters } from '../core/filters.ts';
import { placeOf } from '../core/place.ts';
import type { Answer, Result, SearchOptions } from '../engine/types.ts';
import { limitOf, upgradeProperties } from './attributes.ts';
import { FilterChoices, filtersAttribute } from './filter-choices.ts';
import { follow, isComposing, modifiersOf, stepOf } from './keys.ts';
import { Press } from './press.ts';
import { arrange, fillItem, make, safeHref } from './result-item.ts';
import { savesData } from './saves-data.ts';
import { SEARCH_TEXTS, type SearchTexts } from './search-texts.ts';
import { shortened } from './shortened.ts';
import { stageItems } from './stage-items.ts';
import { STYLES } from './styles.ts';

/** The reranker reads when the visitor pauses: each letter would cost it a whole shortlist. */
const PAUSE_MS = 350;
const TIERS = ['bm25', 'hybrid', 'reranked'] as const;

/** The control of a result that has the focus. */
interface Held {
  readonly place: string | undefined;
  /** From 0. */
  readonly rank: number;
  readonly control: string;
}

/**
 * `<findling-search>`: a search box whose list improves in place. Give it a `search` (createSearch()); attributes:
 * `placeholder`, `limit`, `label`, `explain`, `filters` (`version: 2.0`), `choices` (filters that the visitor chooses by: `section, version`), `rerank` (go on
 * to the cross-encoder; `rerank="always"` also where the visitor saves or pays for data). It dispatches `findling-answer` with each answer; `refresh()` asks again.
 */
export class FindlingSearch extends HTMLElement {
  static readonly observedAttributes = ['placeholder', 'label', 'limit', 'explain', 'filters', 'choices'];
  readonly #input = make('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search' });
  readonly #stages = make('ul', { class: 'stages' });
  readonly #count = make('span', { class: 'count' });
  readonly #live = make('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });
  readonly #notice = make('p', { class: 'notice' });
  readonly #list = make('ol', { part: 'results' });
  readonly #press = new Press(this.#list);
  readonly #choices = new FilterChoices(() => this.#narrow());
  #filters: GivenFilters | undefined;
  #items = new Map<string, HTMLLIElement>();
  readonly #open = new Set<string>();
  #ranks = new Map<string, number>();
  /** The ranks of the tier before, against which movement is shown: a tier gives several lists as it improves. */
  #before: ReadonlyMap<string, number> = new Map();
  /** The question and the tier of the list on the page: asked again to go further, it must not fall back meanwhile. */
  #shown = { text: '', tier: -1 };
  #search: Search | undefined;
  #texts = SEARCH_TEXTS;
  /** Of the run under way or done, or of one that waits for a search. */
  #asked: { readonly pipeline: 'hybrid' | 'reranked'; readonly typing: boolean } = { pipeline: 'hybrid', typing: true };
  #run: SearchRun | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #resolve = ({ url, anchor }: Result): string | undefined => safeHref(url, anchor);

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    const bar = make('div', { class: 'bar' }, this.#stages, this.#count);
    const box = make('div', { class: 'box', role: 'search' }, this.#input, this.#choices.element);
    root.append(box, bar, this.#notice, this.#list, this.#live);
    this.#input.addEventListener('input', () => this.#typed());
    root.addEventListener('keydown', (event) => this.#key(event as KeyboardEvent));
    this.#input.addEventListener('focus', () => void this.#search?.warm('semantic').catch(() => undefined));
  }

  attributeChangedCallback(name?: string): void {
    const { label, stages } = this.#texts;
    this.#input.placeholder = this.getAttribute('placeholder') ?? label;
    this.#input.setAttribute('aria-label', this.getAttribute('label') ?? label);
    this.#stages.setAttribute('aria-label', stages);
    if (name === 'limit' || name === 'explain') this.refresh();
    if (name === 'filters') this.#narrow();
    if (name === 'choices') void this.#offer();
  }

  /** To the box. `delegatesFocus` would also take there each click among the results. */
  override focus(options?: FocusOptions): void {
    this.#input.focus(options);
  }

  connectedCallback(): void {
    this.attributeChangedCallback();
    upgradeProperties<FindlingSearch>(this, ['texts', 'filters', 'search', 'resolve', 'query']);
    // It was moved while it searched.
    if (this.#run === undefined && this.#input.value !== '') this.refresh();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#pause);
    this.#run?.cancel();
    if (!this.#isDone()) this.#run = undefined;
  }

  /** What createSearch() gave; setting it asks what is in the box, as it was meant: as typed so far, or as a whole question. */
  get search(): Search | undefined {
    return this.#search;
  }

  set search(search: Search | undefined) {
    this.#search = search;
    void this.#offer();
    if (this.#input.value === '') return;
    if (this.#asked.typing) this.#typed();
    else void this.#ask(this.#last(), false);
  }

  /** What it says, in another language or other words; what is left out is said in English. */
  get texts(): Partial<SearchTexts> | undefined {
    return this.#texts;
  }

  set texts(texts: Partial<SearchTexts> | undefined) {
    this.#texts = { ...SEARCH_TEXTS, ...texts, names: { ...SEARCH_TEXTS.names, ...texts?.names } };
    this.attributeChangedCallback();
    this.refresh();
  }

  /** What its searches are narrowed to, in the place of the attribute of this name. */
  get filters(): GivenFilters {
    return this.#filters ?? filtersAttribute(this);
  }

  set filters(filters: GivenFilters | undefined) {
    this.#filters = filters;
    this.#narrow();
  }

  /** Where a result leads; set it to map ids to routes. */
  get resolve(): (result: Result) => string | undefined {
    return this.#resolve;
  }

  set resolve(resolve: (result: Result) => string | undefined) {
    this.#resolve = resolve;
  }

  /** What is asked; setting it searches at once, through every tier. */
  get query(): string {
    return this.#input.value;
  }

  set query(text: string) {
    this.#input.value = text;
    clearTimeout(this.#pause);
    void this.#ask(this.#last(), false);
  }

  /** Asks again what is in the box: documents have come or gone. The list on the page stands until one of its tier has come. */
  refresh(): void {
    void this.#offer();
    if (this.#shown.text === '') return;
    clearTimeout(this.#pause);
    void this.#ask(this.#last(), this.#asked.typing);
  }

  #typed(): void {
    clearTimeout(this.#pause);
    void this.#ask('hybrid', true);
    if (this.#last() === 'hybrid') return;
    this.#pause = setTimeout(() => void this.#ask('reranked', true), PAUSE_MS);
  }

  /** Another question in the same words: the list on the page is no answer to it. */
  #narrow(): void {
    clearTimeout(this.#pause);
    this.#shown = { text: '', tier: -1 };
    if (this.#input.value !== '') void this.#ask(this.#last(), this.#asked.typing);
  }

  /** Asks the search what there is to choose from. Without an answer there is nothing. */
  async #offer(): Promise<void> {
    const names = FilterChoices.namesOf(this);
    const search = this.#search;
    const counts = names.length === 0 ? {} : ((await search?.filters().catch(() => undefined)) ?? {});
    if (search === this.#search && this.#choices.offer(names, counts)) this.#narrow();
  }

  /** The last tier that is asked for. */
  #last(): 'hybrid' | 'reranked' {
    const wish = this.getAttribute('rerank');
    return wish !== null && (wish === 'always' || !savesData()) ? 'reranked' : 'hybrid';
  }

  /** Whether the last tier has answered. A stage that was skipped is not waited for again. */
  #isDone(): boolean {
    return this.#run?.best?.complete === true && this.#asked.pipeline === this.#last();
  }

  async #ask(pipeline: 'hybrid' | 'reranked', typing: boolean): Promise<void> {
    const text = this.#input.value.trim();
    this.#run?.cancel();
    this.#run = undefined;
    this.#asked = { pipeline, typing };
    if (text === '' || this.#search === undefined) return this.#clear();
    if (text !== this.#shown.text) {
      this.#shown = { text, tier: -1 };
      this.#ranks = new Map();
      this.#before = this.#ranks;
    }
    const options: SearchOptions = {
      pipeline,
      limit: limitOf(this),
      explain: this.hasAttribute('explain'),
      filters: joinFilters(this.filters, this.#choices.chosen),
      ...(typing ? {} : { typing: false }),
    };
    // The page and other elements may search at the same time: this element ends its own runs only.
    const run = this.#search.search(this.#input.value, { ...options, parallel: true });
    this.#run = run;
    try {
      for await (const answer of run)
        this.#press.update(() => {
          if (run === this.#run) this.#show(answer, pipeline);
        });
    } catch (cause) {
      const error = toSearchError(cause);
      this.#press.update(() => {
        if (error.code !== 'aborted' && run === this.#run) this.#fail(error.message);
      });
    }
  }

  #fail(message: string): void {
    // Nothing of this question was shown: what is on the page answers another one.
    if (this.#shown.tier < 0) this.#clear();
    for (const element of [this.#notice, this.#live]) element.textContent = message;
  }

  #clear(): void {
    const held = this.#held();
    this.#items.clear();
    this.#ranks = new Map();
    this.#before = this.#ranks;
    this.#shown = { text: '', tier: -1 };
    this.#list.replaceChildren();
    this.#stages.replaceChildren();
    for (const element of [this.#count, this.#notice, this.#live]) element.textContent = '';
    this.#hold(held);
  }

  #show(answer: Answer, last: string): void {
    const tier = TIERS.indexOf(answer.stage as (typeof TIERS)[number]);
    if (!answer.complete && tier < this.#shown.tier) return;
    if (tier !== this.#shown.tier) this.#before = this.#ranks;
    this.#shown = { ...this.#shown, tier };
    this.#showStages(answer, last);
    const count = answer.results.length;
    const texts = this.#texts;
    const found = count === 0 ? texts.none : texts.count(count);
    this.#count.textContent = count === 0 && !answer.complete ? '' : found;
    // Once words and meaning have found their lists the number stands: nobody need wait for the reranker to hear it.
    const skipped = answer.skipped
      .map(({ stage, reason }) => texts.skipped(texts.names[stage] ?? stage, reason))
      .join(' ');
    const said = [texts.announced(found, shortened(answer.query)), skipped].filter((each) => each !== '').join('. ');
    if ((answer.complete || tier > 0) && this.#live.textContent !== said) this.#live.textContent = said;
    this.#notice.textContent = skipped;
    this.#showResults(answer.results);
    this.dispatchEvent(new CustomEvent('findling-answer', { detail: answer, bubbles: true, composed: true }));
  }

  #showStages(answer: Answer, last: string): void {
    const tiers = TIERS.slice(0, TIERS.indexOf(last as (typeof TIERS)[number]) + 1);
    this.#stages.replaceChildren(...stageItems(answer, tiers, this.#texts.names));
  }

  /** Reuses the items of results that stay, so that focus and selection stay with them. */
  #showResults(results: readonly Result[]): void {
    const ranks = new Map<string, number>();
    const held = this.#held();
    const items = new Map<string, HTMLLIElement>();
    for (const [index, result] of results.entries()) {
      // Another stage may show another passage of the same section: to the reader it is the same result.
      const place = placeOf(result);
      const item = this.#items.get(place) ?? make('li', { 'data-place': place, part: 'result' });
      item.dataset.id = result.id;
      ranks.set(place, index + 1);
      fillItem(item, result, {
        before: this.#before.get(place),
        rank: index + 1,
        texts: this.#texts,
        resolve: (each) => this.resolve(each),
        open: this.#open.has(place),
        onToggle: (open) => void (open ? this.#open.add(place) : this.#open.delete(place)),
      });
      items.set(place, item);
    }
    this.#ranks = ranks;
    this.#items = items;
    arrange(this.#list, [...items.values()], this.#press.target);
    this.#hold(held);
  }

  #held(): Held | undefined {
    const active = this.shadowRoot?.activeElement;
    const item = active?.closest('li');
    if (!active || !item) return undefined;
    return { place: item.dataset.place, rank: [...this.#list.children].indexOf(item), control: active.localName };
  }

  /** Gives the focus back to the same control of the same result; where that has gone, of the one in its place. */
  #hold(held: Held | undefined): void {
    if (held === undefined) return;
    const item = this.#items.get(held.place ?? '') ?? this.#list.children[held.rank];
    const control = item?.querySelector<HTMLElement>(held.control) ?? item?.querySelector('a') ?? this.#input;
    control.focus();
  }

  #key(event: KeyboardEvent): void {
    const links = [...this.#list.querySelectorAll('a')];
    const active = this.shadowRoot?.activeElement;
    const at = links.indexOf(active as HTMLAnchorElement);
    // While text is converted, or on a button of a result, keys mean something else.
    if (isComposing(event) || (at < 0 && active !== this.#input)) return;
    const step = stepOf(event);
    if (step === 1) links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (step === -1) (at <= 0 ? this.#input : links[at - 1])?.focus();
    else if (event.key === 'Escape' && at >= 0) this.#input.focus();
    else if (event.key === 'Enter' && at < 0) this.#enter(modifiersOf(event));
    else return;
    event.preventDefault();
  }

  #enter(keys: MouseEventInit): void {
    clearTimeout(this.#pause);
    if (!this.#isDone()) return void this.#ask(this.#last(), false);
    // The first result, or nothing where that one leads nowhere.
    const link = this.#list.firstElementChild?.querySelector('a');
    if (link) follow(link, keys);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'findling-search': FindlingSearch;
  }
  interface HTMLElementEventMap {
    'findling-answer': CustomEvent<Answer>;
  }
}

/** Registers `<findling-search>` once. */
export function defineFindlingSearch(): void {
  if (customElements.get('findling-search') === undefined) customElements.define('findling-search', FindlingSearch);
}
