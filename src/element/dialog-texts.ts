import { primaryTag } from '../core/language-tag.ts';

/** What the search dialog says, in a language of its visitors. */
export interface DialogTexts {
  /** On the button, and the dialog's name. */
  readonly label: string;
  readonly placeholder: string;
  /** Before anything is typed. */
  readonly hint: string;
  readonly searching: string;
  readonly close: string;
  readonly none: (question: string) => string;
  readonly count: (results: number) => string;
  /** There is no index: the site was not built with one, or not yet. */
  readonly missing: string;
  readonly failed: (reason: string) => string;
  /** A part of the search failed, and the rest has answered. */
  readonly partly: (reason: string) => string;
}

const en: DialogTexts = {
  label: 'Search',
  placeholder: 'Search, or ask a question',
  hint: 'Type words, or a whole question.',
  searching: 'Searching…',
  close: 'Close',
  none: (question) => `No results for “${question}”.`,
  count: (results) => (results === 1 ? '1 result' : `${results} results`),
  missing: 'There is no search index yet. It is made when the site is built.',
  failed: (reason) => `The search does not work at the moment. ${reason}`,
  partly: (reason) => `Not everything could be searched. ${reason}`,
};

const de: DialogTexts = {
  label: 'Suchen',
  placeholder: 'Suchen oder eine Frage stellen',
  hint: 'Wörter oder eine ganze Frage eingeben.',
  searching: 'Suche läuft …',
  close: 'Schließen',
  none: (question) => `Keine Ergebnisse für „${question}“.`,
  count: (results) => (results === 1 ? '1 Ergebnis' : `${results} Ergebnisse`),
  missing: 'Es gibt noch keinen Suchindex. Er entsteht, wenn die Website gebaut wird.',
  failed: (reason) => `Die Suche ist gerade nicht möglich. ${reason}`,
  partly: (reason) => `Nicht alles konnte durchsucht werden. ${reason}`,
};

const fr: DialogTexts = {
  label: 'Rechercher',
  placeholder: 'Rechercher ou poser une question',
  hint: 'Saisissez des mots ou une question entière.',
  searching: 'Recherche…',
  close: 'Fermer',
  none: (question) => `Aucun résultat pour « ${question} ».`,
  count: (results) => (results < 2 ? `${results} résultat` : `${results} résultats`),
  missing: 'Il n’y a pas encore d’index. Il est créé lors de la construction du site.',
  failed: (reason) => `La recherche est indisponible pour le moment. ${reason}`,
  partly: (reason) => `Tout n’a pas pu être parcouru. ${reason}`,
};

const es: DialogTexts = {
  label: 'Buscar',
  placeholder: 'Buscar o hacer una pregunta',
  hint: 'Escriba palabras o una pregunta entera.',
  searching: 'Buscando…',
  close: 'Cerrar',
  none: (question) => `Ningún resultado para «${question}».`,
  count: (results) => (results === 1 ? '1 resultado' : `${results} resultados`),
  missing: 'Todavía no hay índice de búsqueda. Se crea al construir el sitio.',
  failed: (reason) => `La búsqueda no funciona en este momento. ${reason}`,
  partly: (reason) => `No se ha podido buscar en todo. ${reason}`,
};

const TEXTS: Readonly<Record<string, DialogTexts>> = { en, de, fr, es };

/** The name of the folder of a language's index: `de-AT` has its index in `de`. */
export function indexFolder(language: string): string {
  return primaryTag(language) ?? 'en';
}

/** The dialog's texts in a language; in English where there are none. */
export function dialogTexts(language: string): DialogTexts {
  return TEXTS[indexFolder(language)] ?? en;
}

/** Folders of indexes from the element's `index` attribute: URLs with blanks between them, `{lang}` stands for the page's language. */
export function indexUrls(attribute: string, language: string): readonly string[] {
  return partsOf(attribute).map((url) => url.replaceAll('{lang}', indexFolder(language)));
}

/**
 * Where the indexes lie if not there: a site of one language has one index without a folder for it, and gets folders with the first
 * page in another language.
 */
export function otherIndexUrls(attribute: string, language: string): readonly string[] {
  const folder = indexFolder(language);
  return partsOf(attribute).map((url) =>
    url.includes('{lang}') ? url.replace(/\{lang\}\/?/g, '') : `${url.replace(/\/$/, '')}/${folder}/`,
  );
}

function partsOf(attribute: string): readonly string[] {
  return attribute.split(/\s+/).filter((url) => url !== '');
}
