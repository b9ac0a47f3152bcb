import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { progressLine } from './progress-line.ts';

let said: string[] = [];
let time = 0;
const terminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
const open = (isTTY: boolean) => {
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
  return progressLine(() => time);
};

beforeEach(() => {
  [said, time] = [[], 0];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  if (terminal === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
  else Object.defineProperty(process.stderr, 'isTTY', terminal);
});

it('tells a log every ten seconds how much of a long step is left', () => {
  const line = open(false);
  for (let done = 1; done <= 61; done += 1) {
    line.count('reranked:base', done, 300, 'questions');
    time += 500;
  }
  line.end();
  expect(said).toEqual([
    'reranked:base 21 of 300 questions, 2.0/s, 3 min left\n',
    'reranked:base 41 of 300 questions, 2.0/s, 3 min left\n',
    'reranked:base 61 of 300 questions, 2.0/s, 2 min left\n',
  ]);
});

it('writes over itself in a terminal, from the first, and clears the line', () => {
  const line = open(true);
  line.count('reading', 1, 0, 'pages');
  time += 100;
  line.count('reading', 2, 0, 'pages');
  time += 1000;
  line.count('reading', 34, 0, 'pages');
  line.count('writing', 1, 2, 'files');
  line.end();
  expect(said.map((text) => text.trim())).toEqual([
    'reading 1 pages',
    'reading 34 pages, 30/s',
    'writing 1 of 2 files',
    '',
  ]);
  expect(said.every((text) => text.startsWith('\r') && text.length <= 80)).toBe(true);
});
