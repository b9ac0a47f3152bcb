/** How much of a text is looked at. */
const SAMPLE = 4000;
/** The part of a text's letters that a script must have, to tell a language. */
const ENOUGH = 0.3;

/** Scripts that belong to one language, or nearly so; Japanese before Chinese, as it holds Chinese letters too. */
const SCRIPTS: readonly (readonly [language: string, letters: RegExp, share: number])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu, ENOUGH / 3],
  ['ko', /\p{Script=Hangul}/gu, ENOUGH],
  ['zh', /\p{Script=Han}/gu, ENOUGH],
  ['th', /\p{Script=Thai}/gu, ENOUGH],
  ['ru', /\p{Script=Cyrillic}/gu, ENOUGH],
  ['el', /\p{Script=Greek}/gu, ENOUGH],
  ['ar', /\p{Script=Arabic}/gu, ENOUGH],
  ['he', /\p{Script=Hebrew}/gu, ENOUGH],
  ['hi', /\p{Script=Devanagari}/gu, ENOUGH],
];

/** The primary tag of what a document says of its language; else of what its script tells; else `en`. */
export function languageOf(declared: string, text: string): string {
  const tag = /^[a-z]{2,3}(?=$|[-_])/i.exec(declared.trim())?.[0];
  if (tag !== undefined) return tag.toLowerCase();
  const sample = text.slice(0, SAMPLE);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  const found = SCRIPTS.find(([, script, share]) => (sample.match(script)?.length ?? 0) > share * letters);
  return found?.[0] ?? 'en';
}
