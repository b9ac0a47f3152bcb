/**
 * What `make` makes at the first call. For patterns over the letters of all scripts: a browser needs up to a millisecond for each,
 * which a page that has just begun would wait for, and texts of ASCII mostly do without.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
