/**
 * What `make` makes at the first call. For patterns with `\p{…}`, each of which takes a browser up to a millisecond when its literal
 * is met (docs/decisions/0009); texts of ASCII mostly do without.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
