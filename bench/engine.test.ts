import { describe, expect, it } from 'vitest';
import { judge } from './aims.ts';
import { run } from './engine.ts';
import { report, withRun } from './report.ts';
import { median, quantile, row } from './row.ts';

describe('rows', () => {
  it('gives a ratio above 1 for the better side, whatever the unit', () => {
    expect(row('s', 'time', 5, 'ms', { name: 'peer', value: 50 }).ratio).toBe(10);
    expect(row('s', 'rate', 50, 'passages/s', { name: 'peer', value: 5 }).ratio).toBe(10);
    expect(row('s', 'found', 0.4, 'share', { name: 'peer', value: 0.8 }).ratio).toBe(0.5);
    expect(row('s', 'alone', 1, 'ms')).toMatchObject({ peer: '', peerValue: null, ratio: null });
  });

  it('takes quantiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([median(hundred), quantile(hundred, 0.95), quantile([7], 0.95)]).toEqual([50, 95, 7]);
    expect(median([])).toBeNaN();
  });

  it('judges by value or by ratio', () => {
    const rate = row('engine', 'embed.passages-per-second', 4000, 'passages/s', { name: 'peer', value: 10 });
    expect(judge(rate)).toEqual({ aim: '≥ 5000 passages/s', met: false });
    expect(judge(row('engine', 'load.first-result.20k', 10, 'ms', { name: 'peer', value: 100 }))?.met).toBe(true);
    expect(judge(row('engine', 'build.20k', 1, 's'))).toBeUndefined();
  });

  it('keeps a row in its newest run only, and writes what is missed', () => {
    const about = { commit: 'c', machine: 'm', load: 1 };
    const slow = row('engine', 'scan.100k', 9, 'ms');
    const first = { ...about, date: '2026-01-01T00:00:00.000Z', rows: [slow, row('engine', 'build.20k', 3, 's')] };
    const second = { ...about, date: '2026-01-02T00:00:00.000Z', rows: [{ ...slow, value: 8 }] };
    const runs = withRun([first], second);
    expect(runs.map(({ rows }) => rows.map(({ name, value }) => `${name} ${value}`))).toEqual([
      ['build.20k 3'],
      ['scan.100k 8'],
    ]);
    expect(report([{ suite: 'engine', runs }], () => '')).toMatch(/Missed: scan\.100k\./);
    // Another processor's figures stand beside them.
    const other = withRun(runs, { ...second, machine: '2 × Other, Node 20' });
    expect(other.flatMap(({ rows }) => rows)).toHaveLength(3);
    expect(report([{ suite: 'engine', runs: other }], () => '')).toMatch(/scan\.100k \(m\), scan\.100k \(Other\)\./);
  });
});

describe('the engine suite', () => {
  it('measures a small corpus in real Chromium', async () => {
    const said: string[] = [];
    const parts = ['build', 'load', 'typing', 'question', 'hybrid', 'scan'];
    const rows = await run({ only: parts, sizes: [300], quick: true, say: (line) => said.push(line) });
    const names = rows.map(({ name }) => name);
    for (const name of ['build.300', 'load.first-result.300', 'typing.p95.300', 'question.p50.300', 'hybrid.p95.300'])
      expect(names).toContain(name);
    for (const { value, peerValue } of rows) {
      expect(value).toBeGreaterThan(0);
      expect(peerValue).toBeGreaterThan(0);
    }
    expect(rows.find(({ name }) => name === 'question.top10.300')?.value).toBeGreaterThan(0.6);
    expect(said.length).toBeGreaterThan(3);
  }, 120_000);
});
