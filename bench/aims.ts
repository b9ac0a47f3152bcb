import type { Row } from './row.ts';

/** What a figure should be; `ratio` aims at the peer, `most` and `least` at the value itself. */
export interface Aim {
  readonly name: RegExp;
  readonly ratio?: number;
  readonly most?: number;
  readonly least?: number;
}

/** The aims of issue 2. Other suites may add theirs. */
export const AIMS: readonly Aim[] = [
  { name: /^load\.first-result\.20k$/, ratio: 10 },
  { name: /^load\.first-result\.100k$/, ratio: 20 },
  { name: /^typing\.p95\.(20k|100k)$/, most: 16 },
  { name: /^question\.p50\.100k$/, most: 10 },
  { name: /^question\.top10\./, ratio: 1 },
  { name: /^scan\.100k$/, most: 2 },
  { name: /^embed\.passages-per-second$/, least: 5000 },
  { name: /^rerank\.tiny\.1-thread$/, most: 250 },
];

/** An aim in words and whether the row meets it; undefined where there is none. */
export function judge(row: Row): { readonly aim: string; readonly met: boolean } | undefined {
  const aim = AIMS.find(({ name }) => name.test(row.name));
  if (aim === undefined) return undefined;
  if (aim.most !== undefined) return { aim: `≤ ${aim.most} ${row.unit}`, met: row.value <= aim.most };
  if (aim.least !== undefined) return { aim: `≥ ${aim.least} ${row.unit}`, met: row.value >= aim.least };
  const ratio = aim.ratio ?? 1;
  return { aim: `≥ ${ratio} ×`, met: (row.ratio ?? 0) >= ratio };
}
