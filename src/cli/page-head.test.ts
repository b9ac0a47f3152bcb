import { expect, it } from 'vitest';
import { readHead } from './page-head.ts';

const hidden = (head: string) => readHead(`<!doctype html><html><head>${head}</head><body>text`).hidden;

it('knows pages that ask not to be found, however they write it', () => {
  for (const head of [
    '<meta name="robots" content="noindex, nofollow">',
    '<meta content="nofollow,NOINDEX" name="ROBOTS">',
    '<meta name=robots content=noindex>',
    '<meta name=robots content=noindex/>',
    "<META CONTENT='none'\n NAME = 'robots' />",
    `<style>${'a{} '.repeat(5000)}</style><meta name="robots" content="noindex">`,
    '<title>a > b</title><meta property="x" content="1 > 0"><meta data-x="name=other" name="robots"content="noindex">',
    '<meta http-equiv=refresh content="0; URL=/new">',
    '<meta content="0;url=/new" http-equiv="Refresh">',
  ])
    expect([head, hidden(head)]).toEqual([head, true]);
});

it('takes nothing else for that', () => {
  for (const head of [
    '<meta name="robots" content="index, follow">',
    '<meta name="robots" content="max-snippet:none-at-all">',
    '<meta name="description" content="robots: noindex">',
    '<meta name="description" content="name=robots content=noindex">',
    '<!-- <meta name="robots" content="noindex"> -->',
    `<script>const tag = '<meta name="robots" content="noindex">';</script>`,
    '<meta http-equiv="refresh" content="300">',
    '<metadata name="robots" content="noindex">',
    '<noscript><meta http-equiv="refresh" content="0; url=/nojs"></noscript>',
    '</head><meta name="robots" content="noindex">',
  ])
    expect([head, hidden(head)]).toEqual([head, false]);
});

it('reads bytes, UTF-16 too, and the language', () => {
  const page = '<!-- <html lang="fr"> --><html class=a lang=de-AT><meta name=robots content=none>';
  const read = { hidden: true, language: 'de-AT' };
  expect(readHead(new TextEncoder().encode(page))).toEqual(read);
  expect(readHead(Buffer.from(`\ufeff${page}`, 'utf16le'))).toEqual(read);
  expect(readHead('<html xml:lang="sv"><head>').language).toBe('sv');
  expect(readHead('<html data-lang="sv">').language).toBe('');
});

it('takes no longer than the text is long', () => {
  const start = performance.now();
  for (const part of ['<meta ', '<meta a="', '<!--', '<script>', '<noscript>', '<meta a   ', '<meta a=\'b" '])
    readHead(part.repeat(60_000));
  expect(performance.now() - start).toBeLessThan(2000);
});
