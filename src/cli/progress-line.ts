/** Between two lines of a terminal's, and of a log's. */
const TERMINAL_MS = 200;
const LOG_MS = 10_000;
const WIDTH = 78;

export interface ProgressLine {
  /** How much of a step is done, of how much: 0 where that is not known. Said now and then; to a log only of steps that take long. */
  count(step: string, done: number, of: number, unit?: string): void;
  /** Clears the line. */
  end(): void;
}

/** A line on standard error with rate and time left: over itself in a terminal, now and then in a log. */
export function progressLine(now: () => number = () => performance.now()): ProgressLine {
  const isTerminal = process.stderr.isTTY === true;
  let begun = { step: '', at: 0, done: 0 };
  let shown = 0;
  return {
    count(step, done, of, unit = '') {
      const time = now();
      if (step !== begun.step) {
        begun = { step, at: time, done };
        shown = isTerminal ? Number.NEGATIVE_INFINITY : time;
      }
      if (time - shown < (isTerminal ? TERMINAL_MS : LOG_MS)) return;
      shown = time;
      const rate = (done - begun.done) / Math.max((time - begun.at) / 1000, Number.MIN_VALUE);
      const counted = done > 0 ? ` ${done}${of > 0 ? ` of ${of}` : ''}${unit && ` ${unit}`}` : '';
      const line = `${step}${counted}${rateOf(rate, of - done)}`;
      process.stderr.write(isTerminal ? `\r${line.slice(0, WIDTH).padEnd(WIDTH)}` : `${line}\n`);
    },
    end() {
      if (isTerminal) process.stderr.write(`\r${' '.repeat(WIDTH)}\r`);
    },
  };
}

function rateOf(rate: number, rest: number): string {
  if (rate <= 0) return '';
  const left = rest > 0 ? `, ${durationOf(rest / rate)} left` : '';
  return `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s${left}`;
}

function durationOf(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
