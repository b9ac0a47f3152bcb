/** What the store of a visitor's own corpus is called: no other store of the origin begins so. */
export const localName = (corpus: string) => `findling:${corpus}`;
