import { primaryTag } from '../core/language-tag.ts';

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

/** Words that a text in Latin letters cannot do without, the commonest of each language that we have a stemmer for. */
const FUNCTION_WORDS: Readonly<Record<string, string>> = {
  en: 'the and of to is in that for with are this be it as on not or by from',
  de: 'der die und das ist nicht mit ein eine den von zu auf für im sich auch werden',
  fr: 'le les des et est une dans pour que qui pas sur du la au par avec vous',
  es: 'el los las y es una para por con que del se en la lo como su al',
  it: 'il di che è per una con non sono della gli nel la si dei un le alla',
  pt: 'o os não uma para com que do da em ao são um as se dos no na',
  nl: 'de het een en van niet met voor zijn op te dat die aan wordt ook bij als',
  sv: 'och att det som är en för på med av inte till den ett om kan du har',
  da: 'og at det som er en til på med af ikke den for der et kan du har',
  no: 'og å det som er en til på med av ikke den for et kan du har fra',
  fi: 'ja on ei se että ovat voi sen tai kun jos myös mutta joka ole kuin tämä ne',
  tr: 've bir bu için ile olarak da de daha olan gibi çok en veya değil ne her olan',
};
/** The part of a text's words that the list of its language makes up, at least; for prose it is a fifth to a third. */
const ENOUGH_WORDS = 0.1;
const FEWEST_WORDS = 20;

/** The primary tag of what a document says of its language; else of what its script or its commonest words tell; else `en`. */
export function languageOf(declared: string, text: string): string {
  const tag = primaryTag(declared);
  if (tag !== undefined) return tag;
  const sample = text.slice(0, SAMPLE);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  const found = SCRIPTS.find(([, script, share]) => (sample.match(script)?.length ?? 0) > share * letters);
  return found?.[0] ?? languageOfWords(sample) ?? 'en';
}

function languageOfWords(text: string): string | undefined {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  if (words.length < FEWEST_WORDS) return undefined;
  const shares = Object.entries(FUNCTION_WORDS).map(([language, list]) => {
    const known = new Set(list.split(' '));
    return { language, share: words.filter((word) => known.has(word)).length / words.length };
  });
  const best = shares.reduce((a, b) => (b.share > a.share ? b : a));
  return best.share >= ENOUGH_WORDS ? best.language : undefined;
}
