import { describe, expect, it } from 'vitest';
import { dialogTexts, indexFolder, indexUrls, otherIndexUrls } from './dialog-texts.ts';

describe('the search dialog’s texts and indexes', () => {
  it('names a language by its primary tag, as folders of indexes are named', () => {
    expect(['de-AT', 'en_US', 'FR', '', 'x-klingon'].map(indexFolder)).toEqual(['de', 'en', 'fr', 'en', 'en']);
  });
  it('speaks English where it does not speak a language', () => {
    expect(dialogTexts('de-CH').label).toBe('Suchen');
    expect(dialogTexts('ja').label).toBe('Search');
    expect(dialogTexts('fr').count(0)).toBe('0 résultat');
  });
  it('finds the folders of indexes for a language', () => {
    expect(indexUrls('/base/findling/{lang}/', 'de-AT')).toEqual(['/base/findling/de/']);
    expect(indexUrls(' /a/{lang}/  https://other.example/b/ ', 'en')).toEqual(['/a/en/', 'https://other.example/b/']);
    expect(indexUrls('', 'en')).toEqual([]);
    const others = otherIndexUrls('/base/findling/{lang}/ /a/{lang} /b https://other.example/c/', 'de-AT');
    expect(others).toEqual(['/base/findling/', '/a/', '/b/de/', 'https://other.example/c/de/']);
  });
});
