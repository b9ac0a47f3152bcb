import { expect, it } from 'vitest';
import { languageOf } from './language.ts';

it('believes what is declared, in any spelling of a tag', () => {
  expect(['de-AT', 'EN_us', ' fr ', 'zh-Hant-TW'].map((tag) => languageOf(tag, ''))).toEqual(['de', 'en', 'fr', 'zh']);
  expect(languageOf('english please', '')).toBe('en');
});

it('goes by the script, Japanese before Chinese', () => {
  const texts = [
    '日本語の文章です。',
    '敏捷的棕色狐狸',
    '빠른 갈색 여우',
    'ภาษาไทย',
    'Быстрая лиса',
    'η γρήγορη αλεπού',
  ];
  expect(texts.map((text) => languageOf('', text))).toEqual(['ja', 'zh', 'ko', 'th', 'ru', 'el']);
});

it('goes by the commonest words of Latin scripts', () => {
  const german =
    'Die Bienen überleben den Winter in einer Traube um die Königin. Der Honig ist ihr Brennstoff, und nicht die Kälte, sondern die Nässe ist der Feind.';
  const french =
    "Les abeilles passent l'hiver dans une grappe autour de la reine. Le miel est leur combustible, et ce n'est pas le froid mais l'humidité qui les tue.";
  const english =
    'A colony survives the cold by forming a cluster around its queen. Honey is the fuel, and it is not the cold but the damp that kills.';
  expect([german, french, english].map((text) => languageOf('', text))).toEqual(['de', 'fr', 'en']);
});

it('takes English for what tells nothing', () => {
  expect(['', 'der die das', 'const x = 1; '.repeat(50), '12 34'].map((text) => languageOf('', text))).toEqual(
    Array(4).fill('en'),
  );
});
