import { type Evaluation, meanOf, queryValue } from './evaluation.ts';
import { byScoreThenIdDescending } from './order.ts';
import { hurtSentences, showBytes, showDelta, showP, showValue } from './report.ts';

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? '');
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--soft:#8881}body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
td{white-space:nowrap}th:first-child,td:first-child{text-align:left}.up{color:#1a7f37}.down{color:#c62828}small{opacity:.75}.wide{overflow-x:auto}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}.sides>div{background:var(--soft);padding:.6rem .8rem;border-radius:.4rem;overflow-wrap:anywhere}
ol{margin:.3rem 0;padding-left:1.6rem}.rel{font-weight:600}svg{max-width:100%;height:auto}details{margin:.6rem 0}@media (prefers-color-scheme:dark){.up{color:#6fdd8b}.down{color:#ff8a80}}`;
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#888888'];

const colour = (index: number) => COLOURS[index % COLOURS.length] ?? '#888888';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${row('th', head)}${rows.map((cells) => row('td', cells)).join('')}</table></div>`;
}

function mainTable({ pipelines, measures }: Evaluation): string {
  const labels = measures.map(({ label }) => label);
  const rows = pipelines.map(({ name, measured, change, latency, bytes }) => [
    escapeHtml(name),
    ...labels.map((label) => {
      const comparison = change?.comparisons.get(label);
      const value = showValue(meanOf(measured, label));
      if (comparison === undefined) return value;
      const { delta, p, helped, hurt, unchanged } = comparison;
      const kind = p < 0.05 && delta !== 0 ? (delta > 0 ? 'up' : 'down') : '';
      return `${value}<br><small class="${kind}">${showDelta(delta)} p ${showP(p)}<br>${helped}/${hurt}/${unchanged}</small>`.replace(
        'p <',
        'p &lt;',
      );
    }),
    latency === undefined ? '–' : [latency.p50, latency.p95, latency.p99].map((ms) => ms.toFixed(1)).join(' / '),
    showBytes(bytes),
  ]);
  return table(['', ...labels.map(escapeHtml), 'p50 / p95 / p99 ms', 'bytes'], rows);
}

/** Recall@K of all pipelines over a logarithmic K axis. */
function curveChart({ pipelines, depth }: Evaluation): string {
  const [width, height, left, bottom] = [640, 300, 45, 265];
  const x = (k: number) => left + (Math.log(k) / Math.log(Math.max(depth, 2))) * (width - left - 15);
  const y = (recall: number) => bottom - recall * (bottom - 15);
  const levels = [0, 0.25, 0.5, 0.75, 1].map(
    (level) =>
      `<line x1="${left}" x2="${width - 15}" y1="${y(level)}" y2="${y(level)}" stroke="#8884"/><text x="${left - 6}" y="${y(level) + 4}" text-anchor="end" font-size="11" fill="currentColor">${level}</text>`,
  );
  const ticks = (pipelines[0]?.curve ?? [])
    .filter(({ k }) => [1, 3, 10, 30, 100, 300, 1000, depth].includes(k))
    .map(
      ({ k }) =>
        `<text x="${x(k).toFixed(1)}" y="${bottom + 18}" text-anchor="middle" font-size="11" fill="currentColor">${k}</text>`,
    );
  const lines = pipelines.map(({ curve }, index) => {
    const points = curve.map(({ k, recall }) => `${x(k).toFixed(1)},${y(recall).toFixed(1)}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`;
  });
  const legend = pipelines.map(
    ({ name }, index) => `<span style="color:${colour(index)}">■</span> ${escapeHtml(name)}`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="Recall at K">${[...levels, ...ticks, ...lines].join('')}</svg><p>${legend.join(' &nbsp; ')}</p>`;
}

function segmentTable({ pipelines, segments, measures }: Evaluation): string {
  const label = measures[0]?.label ?? '';
  return table(
    [escapeHtml(label), 'queries', ...pipelines.map(({ name }) => escapeHtml(name))],
    segments.map(({ by, name, queries }) => {
      const only = new Set(queries);
      return [
        escapeHtml(`${by}: ${name}`),
        String(queries.length),
        ...pipelines.map(({ measured }) => showValue(meanOf(measured, label, only))),
      ];
    }),
  );
}

/** What a document is called on the page; a title or the head of its text. */
export type DocumentLabel = (document: string) => string;

function side(evaluation: Evaluation, at: number, query: string, label: string, labelOf: DocumentLabel): string {
  const pipeline = evaluation.pipelines[at];
  if (pipeline === undefined) return '';
  const grades = evaluation.qrels.get(query);
  const rows = [...(pipeline.run.get(query) ?? [])].sort(byScoreThenIdDescending).slice(0, 5);
  const items = rows.map(({ document }) => {
    const grade = grades?.get(document);
    const mark = grade === undefined ? 'unjudged' : `grade ${grade}`;
    return `<li${(grade ?? 0) > 0 ? ' class="rel"' : ''}>${escapeHtml(labelOf(document))} <small>${escapeHtml(document)}, ${mark}</small></li>`;
  });
  const value = showValue(queryValue(pipeline.measured, label, query));
  return `<div><b>${escapeHtml(pipeline.name)}</b> ${value}<ol>${items.join('')}</ol>${rows.length === 0 ? '<p>no results</p>' : ''}</div>`;
}

/** The queries with the lowest values of the last pipeline, beside the pipeline before it. */
function worstQueries(evaluation: Evaluation, labelOf: DocumentLabel, limit = 15): string {
  const label = evaluation.measures[0]?.label ?? '';
  const last = evaluation.pipelines.length - 1;
  const measured = evaluation.pipelines[last]?.measured;
  if (measured === undefined) return '';
  const worst = [...evaluation.queries]
    .sort((a, b) => queryValue(measured, label, a.id) - queryValue(measured, label, b.id))
    .slice(0, limit);
  return worst
    .map(({ id, text }) => {
      const missed = [...(evaluation.qrels.get(id) ?? [])].filter(([, grade]) => grade > 0).slice(0, 5);
      const wanted = missed.map(
        ([document, grade]) =>
          `${escapeHtml(labelOf(document))} <small>(${escapeHtml(document)}, grade ${grade})</small>`,
      );
      const sides = [last - 1, last].map((at) => side(evaluation, at, id, label, labelOf)).join('');
      return `<details open><summary>${escapeHtml(text)} <small>${escapeHtml(id)}</small></summary><p>Wanted: ${wanted.join('; ')}</p><div class="sides">${sides}</div></details>`;
    })
    .join('');
}

/** The evaluation as one page without scripts, links or files beside it. */
export function formatHtml(evaluation: Evaluation, labelOf: DocumentLabel): string {
  const { set, qrels, pool, depth, pipelines, segments } = evaluation;
  const list = (items: readonly string[]) => `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
  const hurts = hurtSentences(evaluation);
  const title = escapeHtml(`findling eval: ${set}`);
  const parts = [
    `<h1>${title}</h1><p>${qrels.size} judged queries, ${depth} documents asked of each pipeline, pool of ${pool}.</p>`,
    mainTable(evaluation),
    '<p><small>Second line: change against the best row above of another stage, with p of a paired randomisation test; then queries helped / hurt / unchanged.</small></p>',
    hurts.length > 0 ? `<h2>Where a stage hurts</h2>${list(hurts)}` : '',
    `<h2>Recall at K</h2>${curveChart(evaluation)}${list(pipelines.map(({ name, flattening }) => `${name}: ${flattening.advice}`))}`,
    `<h2>Ceiling</h2><p>nDCG@10 of a perfect order of the first ${pool}:</p>${list(pipelines.map(({ name, ceiling }) => `${name}: ${showValue(ceiling)}`))}`,
    segments.length > 0 ? `<h2>Segments</h2>${segmentTable(evaluation)}` : '',
    `<h2>Worst queries</h2>${worstQueries(evaluation, labelOf)}`,
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head><body>${parts.join('\n')}</body></html>\n`;
}
