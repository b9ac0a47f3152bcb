const LIMIT = 10;

/** How many results an element's `limit` attribute asks for; the default for what is no positive whole number. */
export function limitOf(element: Pick<Element, 'getAttribute'>): number {
  const limit = Number(element.getAttribute('limit'));
  return Number.isSafeInteger(limit) && limit > 0 ? limit : LIMIT;
}

/** Sets anew what was set before the element was defined: a property of its own would hide its class's setter. */
export function upgradeProperties<T extends object>(element: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}
