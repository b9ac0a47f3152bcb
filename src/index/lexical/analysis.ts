import { once } from '../../core/cancellation.ts';
import { fold, foldDiacritics, isAscii, lowerCase } from './folding.ts';
import { type LanguageRules, loadLanguage, primaryLanguage } from './languages.ts';
import { bigrams, humps, isUnspaced, pieces, runs, segment, whole } from './words.ts';

/** Goes into the fingerprint: any change of what analyze() gives for any text must change it. */
export const TOKENIZER_VERSION = 1;

/** A word as the index knows it. */
export interface Slot {
  /** Its term; a second one where the stem depends on accents. Either stands for the word. */
  readonly terms: readonly string[];
  /** What it is made of: `asyncio` and `run` of `asyncio.run`, pairs of a long Chinese word. Indexed beside it. */
  readonly parts: readonly Slot[];
}

/** One language's way from text to index terms; the same for build, browser and Node. */
export interface Analyzer {
  /** BCP 47 primary tag. */
  readonly language: string;
  /**
   * The index terms of a field in order: folded, stop words dropped, stemmed; a word may give several (an identifier
   * itself written together and its parts). A text of stop words alone keeps them, so that a page called "About" is found.
   */
  analyze(text: string): string[];
  /** Folded surface words in order, nothing dropped and nothing stemmed; identifiers by their pieces. */
  words(text: string): string[];
  /** The index term of one word; undefined for a stop word. */
  term(word: string): string | undefined;
  /** What analyze() gives for a text, as the words it came from; stop words left out. */
  slots(text: string): readonly Slot[];
}

const CACHED_RUNS = 1 << 16;
const CACHED_LENGTH = 40;
/** Slots are kept for highlighting, which sees the same few thousand words again at every keystroke. */
const CACHED_SLOTS = 1 << 13;

const analyzers = new Map<string, () => Promise<Analyzer>>();

/** The analyzer of a language, made once. One without rules of its own here has no stop words and no stemmer. */
export function createAnalyzer(language: string): Promise<Analyzer> {
  const primary = primaryLanguage(language);
  const make = analyzers.get(primary) ?? once(async () => analyzer(primary, await loadLanguage(primary)));
  analyzers.set(primary, make);
  return make();
}

/**
 * Those that read a question: of all `languages`, or English. The index has stems alone, so that a word is not found, even as it
 * stands there, by who does not read its language. The rules of all are 84 kB gzipped, 3 kB each, and most stems of a word are the same.
 */
export function createAnalyzers(languages: readonly string[]): Promise<readonly Analyzer[]> {
  return Promise.all((languages.length > 0 ? languages : ['en']).map(createAnalyzer));
}

function analyzer(language: string, rules: LanguageRules): Analyzer {
  const wordTerms = wordAnalysis(language, rules);
  const cache = new Map<string, readonly string[]>();
  const slotCache = new Map<string, readonly Slot[]>();
  const slotsOf = (run: string): readonly Slot[] => {
    const known = slotCache.get(run);
    if (known !== undefined) return known;
    const found = runSlots(run, wordTerms);
    if (run.length <= CACHED_LENGTH) {
      if (slotCache.size >= CACHED_SLOTS) slotCache.clear();
      slotCache.set(run, found);
    }
    return found;
  };
  const terms = (run: string): readonly string[] => {
    const known = cache.get(run);
    if (known !== undefined) return known;
    const found = [...new Set(flatten(runSlots(run, wordTerms)))];
    if (run.length <= CACHED_LENGTH) {
      if (cache.size >= CACHED_RUNS) cache.clear();
      cache.set(run, found);
    }
    return found;
  };
  return {
    language,
    analyze(text) {
      const found: string[] = [];
      for (const run of runs(text)) for (const term of terms(run)) found.push(term);
      return found.length > 0 ? found : surfaceWords(text);
    },
    words: surfaceWords,
    term: (word) => wordTerms(lowerCase(word))[0],
    slots: (text) => runs(text).flatMap(slotsOf),
  };
}

function flatten(slots: readonly Slot[]): string[] {
  return slots.flatMap(({ terms, parts }) => [...terms, ...flatten(parts)]);
}

function surfaceWords(text: string): string[] {
  const found: string[] = [];
  for (const run of runs(text))
    for (const piece of pieces(run))
      for (const word of isUnspaced(piece) ? segment(piece) : [piece]) {
        const folded = fold(word);
        // A mark that stands alone folds to nothing.
        if (folded !== '') found.push(folded);
      }
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
    return (plain === term ? [term] : [term, plain]).filter((each) => each !== '');
  };
}

/** `server's` → server, `l'homme` → homme, `Türkiye'de` → türkiye: the longest part; Ukrainian's own sign joins. */
function withoutApostrophe(word: string, language: string): string {
  const parts = word.split("'");
  if (language === 'uk' || language === 'be') return parts.join('');
  return parts.reduce((longest, part) => (part.length >= longest.length ? part : longest), '');
}

function runSlots(run: string, wordTerms: WordTerms): readonly Slot[] {
  const parts = pieces(run);
  const together = whole(parts);
  const slot = (word: string, inner: readonly Slot[]): readonly Slot[] => {
    const terms = wordTerms(lowerCase(word));
    return terms.length > 0 ? [{ terms, parts: inner }] : inner;
  };
  if (together === undefined) return parts.flatMap((piece) => pieceSlots(piece, slot));
  // The letters of U.S.A. are no words.
  if (parts.every((part) => part.length === 1)) return slot(together, []);
  return slot(
    together,
    parts.flatMap((piece) => pieceSlots(piece, slot)),
  );
}

type MakeSlot = (word: string, parts: readonly Slot[]) => readonly Slot[];

function pieceSlots(piece: string, slot: MakeSlot): readonly Slot[] {
  if (isUnspaced(piece))
    return segment(piece).flatMap((word) =>
      slot(
        word,
        bigrams(word).flatMap((pair) => slot(pair, [])),
      ),
    );
  const inner = /[+#]$/.test(piece) ? [piece.replace(/[+#]+$/, '')] : humps(piece).filter((hump) => hump.length > 1);
  return slot(
    piece,
    inner.flatMap((part) => slot(part, [])),
  );
}
