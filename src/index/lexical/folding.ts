/** Letters that Unicode does not take apart but readers type without their stroke or as two. */
const LETTERS: Readonly<Record<string, string>> = {
  ı: 'i',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ħ: 'h',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
};
const UNDECOMPOSED = /[ıøđðłħßæœþ]/g;
/**
 * Marks that readers leave out: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels. Never Indic vowel
 * signs, Thai marks or the Japanese voiced mark, which make other letters.
 */
const MARKS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670\u0640]/g;
const NOT_ASCII = /\P{ASCII}/u;

/** True where every character is ASCII, so that nothing but case has to be folded. */
export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/** A word as it is compared: NFKC, lower case, typographic apostrophes made plain, soft hyphens and joiners removed. */
export function lowerCase(word: string): string {
  if (isAscii(word)) return word.toLowerCase();
  return word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u00ad\u200b-\u200d\u2060]/g, '')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u2010\u2011]/g, '-')
    .normalize('NFC');
}

/** A lower-case word without diacritics. The Russian й and the Ukrainian ї stay: they are letters of their own. */
export function foldDiacritics(word: string): string {
  if (isAscii(word)) return word;
  return word
    .replace(UNDECOMPOSED, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/и\u0306/g, 'й')
    .replace(/і\u0308/g, 'ї')
    .replace(MARKS, '')
    .normalize('NFC');
}

/** lowerCase and foldDiacritics. */
export function fold(word: string): string {
  return foldDiacritics(lowerCase(word));
}
