import { filterIn, type GivenFilters, joinFilters } from '../core/filters.ts';
import type { FilterCounts } from '../engine/types.ts';
import { make } from './result-item.ts';

/** What an element's `filters` attribute narrows its searches to: `version: 2.0, section: Guide`; none for what is not of this form. */
export function filtersAttribute(element: Pick<Element, 'getAttribute'>): GivenFilters {
  const found = partsOf(element.getAttribute('filters')).map(filterIn);
  return joinFilters(...found.filter((each) => each !== undefined));
}

function partsOf(text: string | null): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The lists by which a visitor narrows a search: one for each filter that the `choices` attribute names (`section, version`). */
export class FilterChoices {
  /** Hidden while there is nothing to choose from. */
  readonly element = make('div', { class: 'choices', part: 'choices', hidden: '' });
  readonly #selects = new Map<string, HTMLSelectElement>();

  constructor(onChange: () => void) {
    this.element.addEventListener('change', onChange);
  }

  /** What is chosen now. */
  get chosen(): GivenFilters {
    return joinFilters(...[...this.#selects].map(([name, { value }]) => ({ [name]: value })));
  }

  /** The filters that the host's attribute asks for. */
  static namesOf(host: Pick<Element, 'getAttribute'>): readonly string[] {
    return partsOf(host.getAttribute('choices'));
  }

  /** Offers these filters, those that there are; what is chosen stays so while it is there. True where it did not. */
  offer(names: readonly string[], counts: FilterCounts): boolean {
    const before = this.chosen;
    const offered = names.filter((name) => Object.keys(counts[name] ?? {}).length > 0);
    for (const name of this.#selects.keys()) if (!offered.includes(name)) this.#selects.delete(name);
    for (const name of offered) this.#fill(name, counts[name] ?? {});
    this.element.replaceChildren(...offered.flatMap((name) => this.#selects.get(name) ?? []));
    this.element.hidden = offered.length === 0;
    return JSON.stringify(before) !== JSON.stringify(this.chosen);
  }

  #fill(name: string, values: Readonly<Record<string, number>>): void {
    const select = this.#selects.get(name) ?? make('select', { 'aria-label': name, part: 'choice' });
    const { value } = select;
    // An object has its whole numbers first: 2, 10, 1.5.
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    const sorted = Object.entries(values).sort(([one], [other]) => compare(one, other));
    const options = sorted.map(([each, count]) => make('option', { value: each }, `${each} (${count})`));
    // The filter's own name stands for all of its values.
    select.replaceChildren(make('option', { value: '' }, name), ...options);
    select.value = Object.hasOwn(values, value) ? value : '';
    this.#selects.set(name, select);
  }
}
