import { stopwords as english } from '@orama/stopwords/english';
import { lostScript } from '../../core/lost-script.ts';
import { porter } from './porter.ts';

export interface LanguageRules {
  stem(word: string): string;
  /** As published: lower case, diacritics kept. */
  readonly stopWords: readonly string[];
}

type Stemming = () => Promise<{ readonly stemmer: (word: string) => string }>;
type Stopping = () => Promise<{ readonly stopwords: readonly string[] }>;

/** Absent from the published English list though its others are there. */
const ENGLISH_EXTRA = ['a', 'also', 'just', "it'll", "that'll", "who'll"];

/** Literal specifiers, so that a bundler makes one small chunk of each and a page loads only the one it needs. */
const STEMMERS: Readonly<Record<string, Stemming>> = {
  ar: () => import('@orama/stemmers/arabic'),
  bg: () => import('@orama/stemmers/bulgarian'),
  da: () => import('@orama/stemmers/danish'),
  de: () => import('@orama/stemmers/german'),
  el: () => import('@orama/stemmers/greek'),
  en: () => Promise.resolve({ stemmer: porter }),
  es: () => import('@orama/stemmers/spanish'),
  fi: () => import('@orama/stemmers/finnish'),
  fr: () => import('@orama/stemmers/french'),
  ga: () => import('@orama/stemmers/irish'),
  hi: () => import('@orama/stemmers/indian'),
  hu: () => import('@orama/stemmers/hungarian'),
  hy: () => import('@orama/stemmers/armenian'),
  id: () => import('@orama/stemmers/indonesian'),
  it: () => import('@orama/stemmers/italian'),
  lt: () => import('@orama/stemmers/lithuanian'),
  ne: () => import('@orama/stemmers/nepali'),
  nl: () => import('@orama/stemmers/dutch'),
  no: () => import('@orama/stemmers/norwegian'),
  pt: () => import('@orama/stemmers/portuguese'),
  ro: () => import('@orama/stemmers/romanian'),
  ru: () => import('@orama/stemmers/russian'),
  sa: () => import('@orama/stemmers/sanskrit'),
  sr: () => import('@orama/stemmers/serbian'),
  sv: () => import('@orama/stemmers/swedish'),
  ta: () => import('@orama/stemmers/tamil'),
  tr: () => import('@orama/stemmers/turkish'),
  uk: () => import('@orama/stemmers/ukrainian'),
};

const STOP_WORDS: Readonly<Record<string, Stopping>> = {
  ar: () => import('@orama/stopwords/arabic'),
  bg: () => import('@orama/stopwords/bulgarian'),
  da: () => import('@orama/stopwords/danish'),
  de: () => import('@orama/stopwords/german'),
  el: () => import('@orama/stopwords/greek'),
  // 1 kB that most corpora need: not worth a request before the first answer.
  en: () => Promise.resolve({ stopwords: [...english, ...ENGLISH_EXTRA] }),
  es: () => import('@orama/stopwords/spanish'),
  fi: () => import('@orama/stopwords/finnish'),
  fr: () => import('@orama/stopwords/french'),
  ga: () => import('@orama/stopwords/irish'),
  hi: () => import('@orama/stopwords/indian'),
  hu: () => import('@orama/stopwords/hungarian'),
  hy: () => import('@orama/stopwords/armenian'),
  id: () => import('@orama/stopwords/indonesian'),
  it: () => import('@orama/stopwords/italian'),
  ja: () => import('@orama/stopwords/japanese'),
  lt: () => import('@orama/stopwords/lithuanian'),
  ne: () => import('@orama/stopwords/nepali'),
  nl: () => import('@orama/stopwords/dutch'),
  no: () => import('@orama/stopwords/norwegian'),
  pt: () => import('@orama/stopwords/portuguese'),
  ro: () => import('@orama/stopwords/romanian'),
  ru: () => import('@orama/stopwords/russian'),
  sa: () => import('@orama/stopwords/sanskrit'),
  sl: () => import('@orama/stopwords/slovenian'),
  sr: () => import('@orama/stopwords/serbian'),
  sv: () => import('@orama/stopwords/swedish'),
  ta: () => import('@orama/stopwords/tamil'),
  tr: () => import('@orama/stopwords/turkish'),
  uk: () => import('@orama/stopwords/ukrainian'),
  zh: () => import('@orama/stopwords/mandarin'),
};

const SAME: Readonly<Record<string, string>> = { nb: 'no', nn: 'no', gr: 'el', iw: 'he', in: 'id' };

/** BCP 47 tag → the primary tag that the tables know it by: `pt-BR` → `pt`, `nb` → `no`. */
export function primaryLanguage(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? '';
  return SAME[primary] ?? primary;
}

/** Languages that are not written in Latin letters: to their texts English words are names. */
const OTHER_SCRIPTS = new Set(
  'am ar be bg bn el fa gu he hi hy ja ka km kn ko lo mk ml mn mr my ne pa ru sa sr ta te th uk ur zh'.split(' '),
);

/** Whether a language's words are written in Latin letters; `primary` as primaryLanguage() gives it. */
export function isLatin(primary: string): boolean {
  return !OTHER_SCRIPTS.has(primary);
}

/** Stemmer and stop words of a language; neither for a language that has none. Throws SearchError('network') where their scripts do not come. */
export async function loadLanguage(tag: string): Promise<LanguageRules> {
  const primary = primaryLanguage(tag);
  const [stemming, stopping] = await Promise.all([STEMMERS[primary]?.(), STOP_WORDS[primary]?.()]).catch((error) => {
    throw lostScript(error, `knows the words of the language "${primary}"`);
  });
  const stemmer = stemming?.stemmer;
  return { stem: stemmer ?? ((word) => word), stopWords: stopping?.stopwords ?? [] };
}
