import type { Row } from './row.ts';

/** Rows as aligned text. */
export function table(rows: readonly Row[]): string {
  const cells = [
    ['name', 'value', 'unit', 'peer', 'peer value', 'ratio'],
    ...rows.map(({ name, value, unit, peer, peerValue, ratio }) => [
      name,
      String(value),
      unit,
      peer,
      peerValue === null ? '' : String(peerValue),
      ratio === null ? '' : `${ratio} ×`,
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  return cells
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
