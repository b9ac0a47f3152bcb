import { expect, it } from 'vitest';
import { createAnalyzer } from '../index/lexical/analysis.ts';
import { asked, freshFakes, never, openHost, quiet } from './fixtures/engine.ts';

const TEXTS: Readonly<Record<string, string>> = {
  cs: 'Instalace balíčků na počítačích',
  de: 'Die Installationen der Häuser',
  en: 'Installing packages on computers',
  es: 'Instalaciones de paquetes en computadoras',
  fr: 'Les installations des paquets',
  it: 'Le installazioni dei pacchetti',
  pt: 'As instalações dos pacotes',
  ru: 'Установка пакетов на компьютерах',
  sv: 'Installationerna av paketen',
};

it('finds every word of a corpus in nine languages by itself, and inflected', async () => {
  const host = await openHost(freshFakes());
  const sources = Object.entries(TEXTS).map(([language, content]) => ({
    ...{ id: language, type: 'text' as const, language, content },
  }));
  await host.add(sources, never, quiet);
  const find = async (text: string) => (await asked(host, text, { pipeline: 'lexical' })).ids;
  for (const [language, text] of Object.entries(TEXTS)) {
    const { slots } = await createAnalyzer(language);
    for (const word of text.split(' ')) if (slots(word).length > 0) expect(await find(word), word).toContain(language);
  }
  const inflected = { de: 'Haus', en: 'package', es: 'paquete', it: 'installazione', pt: 'pacote', ru: 'пакет' };
  for (const [language, word] of Object.entries(inflected)) expect(await find(word), word).toContain(language);
});
