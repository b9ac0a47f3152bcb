import type { SearchOptions } from '../engine/types.ts';
import type { Calibration, CalibrationQuality } from '../eval/calibration.ts';
import { grid } from '../eval/report.ts';
import type { Setting, Tuned } from '../eval/tuning.ts';

export type Part = 'fusion' | 'fields' | 'blend' | 'calibration';

/** Fitted on the training queries. */
export interface FittedCalibration {
  readonly chosen: Calibration;
  readonly pairs: number;
  /** On held-out queries. */
  readonly quality: Readonly<Record<'raw' | 'platt' | 'isotonic', CalibrationQuality>>;
}

/** What --json prints. */
export interface TuneResults {
  readonly set: string;
  readonly measure: string;
  readonly tuned: Readonly<Partial<Record<Part, Tuned>>>;
  readonly calibration?: FittedCalibration;
  /** What to give to search(), or to put into a config. */
  readonly options: Pick<SearchOptions, 'fusion' | 'blend' | 'fields'>;
}

/** The results as text for a terminal. */
export function formatTuning({ set, measure, tuned, calibration, options }: TuneResults): string {
  const show = (setting: Setting) =>
    Object.entries(setting)
      .map(([name, value]) => `${name} ${name === 'method' ? (value === 0 ? 'min-max' : 'rrf') : value}`)
      .join(', ');
  const blocks = Object.entries(tuned).map(
    ([part, { initial, setting, train, test, trainQueries, testQueries, advice }]) =>
      `${part}: ${show(initial)} → ${show(setting)}\n${grid([
        [`  ${measure}`, 'before', 'after'],
        [`  ${trainQueries} training queries`, train.before.toFixed(4), train.after.toFixed(4)],
        [`  ${testQueries} held-out queries`, test.before.toFixed(4), test.after.toFixed(4)],
      ])}\n  ${advice}`,
  );
  return `${set}\n\n${[...blocks, ...(calibration === undefined ? [] : [formatCalibration(calibration)])].join('\n\n')}\n\nUse: ${JSON.stringify(options)}\n`;
}

function formatCalibration({ chosen, pairs, quality }: FittedCalibration): string {
  const rows = Object.entries(quality).map(([name, { logLoss, error }]) => [
    `  ${name}`,
    logLoss.toFixed(4),
    error.toFixed(4),
  ]);
  const formula =
    chosen.kind === 'platt'
      ? `p = sigmoid(${chosen.slope.toFixed(3)} × logit ${chosen.intercept < 0 ? '−' : '+'} ${Math.abs(chosen.intercept).toFixed(3)})`
      : `${chosen.logits.length} steps`;
  return `calibration on ${pairs} pairs: ${chosen.kind}, ${formula}\n${grid([['  held out', 'log loss', 'calibration error'], ...rows])}`;
}
