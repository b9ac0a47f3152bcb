/** The primary tag of a BCP 47 language, in lower case: `de` of `de-AT`; undefined where it is none. */
export function primaryTag(language: string): string | undefined {
  return /^[a-z]{2,3}(?=$|[-_])/i.exec(language.trim())?.[0].toLowerCase();
}
