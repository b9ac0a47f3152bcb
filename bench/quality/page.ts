import { showBytes, showP } from '../../src/eval/report.ts';
import { PEERS } from './peers.ts';
import type { PipelineRecord, Results, SetRecord } from './record.ts';

const NOTES: Readonly<Record<string, string>> = {
  scifact: 'Scientific claims and abstracts; the full BEIR set.',
  'docs-anthropic': 'A documentation site and natural questions: what findling is for.',
  cranfield: 'Aerodynamics abstracts, graded; a classic of 1967.',
  cisi: 'Library science, long questions.',
  'msmarco-dl19':
    'Web passages pooled from six runs. **Full-ranking figures on this pool are not comparable** with those over 8.8 million passages; only the reranking of a run is (next table).',
  'msmarco-dl19 BM25 run':
    'The BM25 top 100 of TREC DL 2019, reranked. Published all-judgement nDCG@10 of that run: .506; 4,923 of 9,260 judged passages have no text here and are left out, which makes it .507.',
  own: 'Questions and keywords about the documentation of this repository’s own packages, judged by section (bench/sets/own).',
};

function noteOf(set: string): string {
  if (!set.endsWith(' sample')) return NOTES[set] ?? '';
  return 'Every so many-th query of the set, so that the large reranker could be measured too; small differences mean little here.';
}

const show = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(3).replace(/^0/, ''));
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3).replace(/^0/, '')}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

function changeOf({ against, changes }: PipelineRecord): string {
  const change = changes['nDCG@10'];
  if (change === undefined || against === null) return '';
  return `${signed(change.delta)} to ${against}, p ${showP(change.p)} (${change.helped}/${change.hurt}/${change.unchanged})`;
}

function mainTable({ pipelines }: SetRecord): string {
  return table(
    [
      'pipeline',
      'nDCG@10',
      'change (helped/hurt/same)',
      'RR@10',
      'R@100',
      'Success@5',
      'ceiling at 50',
      'p50 / p95 ms',
      'bytes',
    ],
    pipelines.map((each) => [
      each.name,
      show(each.measures['nDCG@10']),
      changeOf(each),
      ...['RR@10', 'R@100', 'Success@5'].map((label) => show(each.measures[label])),
      show(each.ceiling),
      each.latencyMs === null ? '–' : `${each.latencyMs.p50.toFixed(1)} / ${each.latencyMs.p95.toFixed(1)}`,
      showBytes(each.bytes ?? undefined),
    ]),
  );
}

/** Every stage that lost, with whether chance may explain it. */
function hurts({ pipelines }: SetRecord): string {
  const sentences = pipelines.flatMap(({ name, against, changes }) => {
    const change = changes['nDCG@10'];
    if (change === undefined || change.delta >= 0) return [];
    const sure = change.p < 0.05 ? `p ${showP(change.p)}` : `p ${showP(change.p)}, chance may explain it`;
    return [`**${name} hurts** against ${against}: ${signed(change.delta)} nDCG@10 (${sure}).`];
  });
  return sentences.length === 0 ? 'No stage hurts nDCG@10 here.' : sentences.join(' ');
}

function segmentTable({ pipelines, segments }: SetRecord): string {
  if (segments.length === 0) return '';
  const names = pipelines.map(({ name }) => name);
  const rows = segments.map(({ name, queries, values }) => [
    name,
    String(queries),
    ...names.map((each) => show(values[each])),
  ]);
  return `<details><summary>nDCG@10 by kind of query</summary>\n\n${table(['queries', 'n', ...names], rows)}\n\n</details>`;
}

function peerTable(set: string): string {
  const peers = PEERS[set.replace(/ BM25 run$/, '')];
  if (peers === undefined || set === 'msmarco-dl19') return '';
  return `Published, for comparison:\n\n${table(
    ['system', 'nDCG@10', 'source'],
    peers.map(({ system, value, source }) => [system, value, source]),
  )}`;
}

function section(record: SetRecord, now: string): string {
  const { set, queries, documents, models } = record;
  const older = models.split(', ').filter((model) => !now.includes(model));
  const size = documents > 0 ? `${documents.toLocaleString('en')} documents, ` : '';
  return [
    `## ${set}`,
    `${noteOf(set)} ${size}${queries} judged queries.`,
    older.length === 0 ? '' : `**Measured with ${older.join(', ')}**, not with what ships now.`,
    mainTable(record),
    hurts(record),
    peerTable(set),
    segmentTable(record),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function overview({ sets }: Results): string {
  const names = [...new Set(sets.flatMap(({ pipelines }) => pipelines.map(({ name }) => name)))].filter(
    (name) => !name.endsWith('.trec') && !name.includes('blend='),
  );
  const rows = sets.map(({ set, pipelines }) => [
    `[${set}](#${set.replaceAll(' ', '-').toLowerCase()})`,
    ...names.map((name) => show(pipelines.find((each) => each.name === name)?.measures['nDCG@10'])),
  ]);
  return table(['nDCG@10', ...names], rows);
}

/** docs/quality.md, whole. */
export function qualityPage(results: Results): string {
  const intro = `# Quality, measured

Made by \`npm run quality\` from \`bench/quality/results.json\`; do not edit. Models: ${results.models}.

Measured by \`findling eval\` in Node with the weights and the kernel that browsers run on WASM; \`findling eval --browser\` gives the same
for lexical and dense to 1e-6. Documents longer than a passage count by their best passage. A **change** is against the best row
above of another stage, with the two-sided p of a paired randomisation test. The **ceiling** is the nDCG@10 of a perfect order
of the first 50 documents. Times are one thread of this machine, shared with other work: compare them inside a table
only. *hybrid:feedback=0* searches by meaning once; the hybrid otherwise twice, told by its best three (docs/decisions/0014; a
published index once, unless asked). *hybrid:windows=0* knows passages by one vector each, as over a published index (0017). Rerankers read 50 passages (or the 100 of a given run); *blend* is their share
against the fused order, the default where a row names none. Bytes: the whole index and all model files that a stage may read; a browser reads less of both. No model was trained on any
of these sets.`;
  return `${[intro, overview(results), ...results.sets.map((record) => section(record, results.models))].join('\n\n')}\n`;
}
