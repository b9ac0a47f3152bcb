import { fold, foldDiacritics, isAscii, lowerCase } from './folding.ts';
import { type LanguageRules, loadLanguage, primaryLanguage } from './languages.ts';
import { bigrams, humps, isUnspaced, pieces, runs, segment, whole } from './words.ts';

/** Goes into the fingerprint: any change of what analyze() gives for any text must change it. */
export const TOKENIZER_VERSION = 1;

/** One language's way from text to index terms; the same for build, browser and Node. */
export interface Analyzer {
  /** BCP 47 primary tag. */
  readonly language: string;
  /**
   * The index terms of a field in order: folded, stop words dropped, stemmed; a word may give several (an identifier
   * its parts and itself written together). A text of stop words alone keeps them, so that a page called "About" is found.
   */
  analyze(text: string): string[];
  /** Folded surface words in order, nothing dropped and nothing stemmed; identifiers by their pieces. */
  words(text: string): string[];
  /** The index term of one word; undefined for a stop word. */
  term(word: string): string | undefined;
  /** All index terms one run of letters gives, `useState` → use, state, usestat; empty for a stop word. */
  terms(run: string): readonly string[];
}

const CACHED_RUNS = 1 << 16;
const CACHED_LENGTH = 40;

/** The analyzer of a language. One without rules of its own here has no stop words and no stemmer. */
export async function createAnalyzer(language: string): Promise<Analyzer> {
  return analyzer(primaryLanguage(language), await loadLanguage(language));
}

function analyzer(language: string, rules: LanguageRules): Analyzer {
  const wordTerms = wordAnalysis(language, rules);
  const cache = new Map<string, readonly string[]>();
  const terms = (run: string): readonly string[] => {
    const known = cache.get(run);
    if (known !== undefined) return known;
    const found = runTerms(run, wordTerms);
    if (run.length <= CACHED_LENGTH) {
      if (cache.size >= CACHED_RUNS) cache.clear();
      cache.set(run, found);
    }
    return found;
  };
  return {
    language,
    terms,
    analyze(text) {
      const found: string[] = [];
      for (const run of runs(text)) for (const term of terms(run)) found.push(term);
      return found.length > 0 ? found : surfaceWords(text);
    },
    words: surfaceWords,
    term: (word) => wordTerms(lowerCase(word))[0],
  };
}

function surfaceWords(text: string): string[] {
  const found: string[] = [];
  for (const run of runs(text))
    for (const piece of pieces(run))
      if (isUnspaced(piece)) for (const word of segment(piece)) found.push(fold(word));
      else found.push(fold(piece));
  return found;
}

/** Lower-case word → its terms: usually one, none for a stop word, two where the stem depends on the accents. */
type WordTerms = (word: string) => readonly string[];

function wordAnalysis(language: string, { stem, stopWords }: LanguageRules): WordTerms {
  const stops = new Set(stopWords.map(lowerCase));
  const plainStops = new Set([...stops].map(foldDiacritics));
  const isStop = (word: string) => stops.has(word) || (isAscii(word) && plainStops.has(word));
  const stemmed = (word: string) => foldDiacritics(stem(word) || word);
  return (given) => {
    if (isStop(given)) return [];
    const word = language === 'en' ? foldDiacritics(given) : given;
    const core = word.includes("'") ? withoutApostrophe(word, language) : word;
    if (core === '' || isStop(core)) return [];
    const term = stemmed(core);
    // Stemmers know suffixes with their accents, readers type without: index both stems where they differ.
    const plain = isAscii(core) ? term : stemmed(foldDiacritics(core));
    return plain === term ? [term] : [term, plain];
  };
}

/** `server's` → server, `l'homme` → homme, `Türkiye'de` → türkiye: the longest part; Ukrainian's own sign joins. */
function withoutApostrophe(word: string, language: string): string {
  const parts = word.split("'");
  if (language === 'uk' || language === 'be') return parts.join('');
  return parts.reduce((longest, part) => (part.length >= longest.length ? part : longest), '');
}

function runTerms(run: string, wordTerms: WordTerms): readonly string[] {
  const parts = pieces(run);
  const together = whole(parts);
  const found = new Set<string>();
  const add = (word: string) => {
    for (const term of wordTerms(lowerCase(word))) found.add(term);
  };
  // The letters of U.S.A. are no words.
  if (together === undefined || parts.some((part) => part.length > 1)) for (const part of parts) addPiece(part, add);
  if (together !== undefined) add(together);
  return [...found];
}

function addPiece(piece: string, add: (word: string) => void): void {
  if (isUnspaced(piece)) {
    for (const word of segment(piece)) {
      add(word);
      for (const pair of bigrams(word)) add(pair);
    }
    return;
  }
  add(piece);
  for (const hump of humps(piece)) if (hump.length > 1) add(hump);
  if (piece.endsWith('++') || piece.endsWith('#')) add(piece.replace(/[+#]+$/, ''));
}
