import { SearchError } from '../core/errors.ts';

/** A reranker's raw logit for a pair and whether the pair is relevant. */
export interface LabelledLogit {
  readonly logit: number;
  readonly relevant: boolean;
}

/** p = 1 / (1 + exp(−(slope × logit + intercept))) */
export interface PlattScaling {
  readonly kind: 'platt';
  readonly slope: number;
  readonly intercept: number;
}

/** Probabilities at ascending logits; between them along the line, outside them the nearest. */
export interface IsotonicScaling {
  readonly kind: 'isotonic';
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

export type Calibration = PlattScaling | IsotonicScaling;

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
}

function requireBothLabels(pairs: readonly LabelledLogit[]): void {
  const relevant = pairs.filter((pair) => pair.relevant).length;
  if (relevant === 0 || relevant === pairs.length)
    throw new SearchError(
      'bad-input',
      `A calibration needs relevant and irrelevant pairs; ${relevant} of ${pairs.length} are relevant. Judge more results.`,
    );
}

/**
 * Fits a sigmoid to logits by Newton's method with backtracking, on Platt's smoothed targets (J. Platt, "Probabilistic
 * outputs for support vector machines", 1999; the numerically careful form of H.-T. Lin, C.-J. Lin, R. Weng, "A note on
 * Platt's probabilistic outputs", Machine Learning 68, 2007).
 */
export function fitPlatt(pairs: readonly LabelledLogit[]): PlattScaling {
  requireBothLabels(pairs);
  const positive = pairs.filter(({ relevant }) => relevant).length;
  const negative = pairs.length - positive;
  const targets = pairs.map(({ relevant }) => (relevant ? (positive + 1) / (positive + 2) : 1 / (negative + 2)));
  let [slope, intercept] = [0, Math.log((positive + 1) / (negative + 1))];
  let loss = plattLoss(pairs, targets, slope, intercept);
  for (let round = 0; round < 100; round += 1) {
    const [stepSlope, stepIntercept, descent] = newtonStep(pairs, targets, slope, intercept);
    let rate = 1;
    let next = Number.POSITIVE_INFINITY;
    for (; rate > 1e-10; rate /= 2) {
      next = plattLoss(pairs, targets, slope + rate * stepSlope, intercept + rate * stepIntercept);
      if (next < loss + 1e-4 * rate * descent) break;
    }
    if (!(next < loss)) break;
    slope += rate * stepSlope;
    intercept += rate * stepIntercept;
    if (loss - next < 1e-12 * pairs.length) break;
    loss = next;
  }
  return { kind: 'platt', slope, intercept };
}

function plattLoss(
  pairs: readonly LabelledLogit[],
  targets: readonly number[],
  slope: number,
  intercept: number,
): number {
  return pairs.reduce((sum, { logit }, index) => {
    const z = slope * logit + intercept;
    const softplus = z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
    return sum + softplus - (targets[index] ?? 0) * z;
  }, 0);
}

/** Newton's direction and the directional derivative along it. */
function newtonStep(
  pairs: readonly LabelledLogit[],
  targets: readonly number[],
  slope: number,
  intercept: number,
): readonly [number, number, number] {
  // The ridge keeps the matrix invertible when all logits are alike.
  let [h11, h22, h21, g1, g2] = [1e-12, 1e-12, 0, 0, 0];
  pairs.forEach(({ logit }, index) => {
    const p = sigmoid(slope * logit + intercept);
    const curvature = p * (1 - p);
    const error = p - (targets[index] ?? 0);
    h11 += logit * logit * curvature;
    h22 += curvature;
    h21 += logit * curvature;
    g1 += logit * error;
    g2 += error;
  });
  const determinant = h11 * h22 - h21 * h21;
  const stepSlope = -(h22 * g1 - h21 * g2) / determinant;
  const stepIntercept = -(h11 * g2 - h21 * g1) / determinant;
  return [stepSlope, stepIntercept, g1 * stepSlope + g2 * stepIntercept];
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
  readonly count: number;
}

/**
 * Fits the best non-decreasing step function by pooling adjacent violators (M. Ayer et al., 1955; for calibration:
 * B. Zadrozny and C. Elkan, KDD 2002). Equal logits share one probability; the steps' ends are joined by lines.
 */
export function fitIsotonic(pairs: readonly LabelledLogit[]): IsotonicScaling {
  requireBothLabels(pairs);
  const blocks: Block[] = [];
  for (const { logit, relevant } of [...pairs].sort((a, b) => a.logit - b.logit)) {
    let block: Block = { from: logit, to: logit, sum: relevant ? 1 : 0, count: 1 };
    for (let last = blocks.at(-1); last !== undefined; last = blocks.at(-1)) {
      const tied = last.to === block.from;
      if (!tied && last.sum / last.count < block.sum / block.count) break;
      blocks.pop();
      block = { from: last.from, to: block.to, sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  }
  const points = blocks.flatMap(({ from, to, sum, count }) =>
    (from === to ? [from] : [from, to]).map((logit) => ({ logit, probability: sum / count })),
  );
  return {
    kind: 'isotonic',
    logits: points.map(({ logit }) => logit),
    probabilities: points.map(({ probability }) => probability),
  };
}

/** The probability of relevance for a logit. */
export function calibrated(calibration: Calibration, logit: number): number {
  if (calibration.kind === 'platt') return sigmoid(calibration.slope * logit + calibration.intercept);
  const { logits, probabilities } = calibration;
  const right = logits.findIndex((each) => each >= logit);
  if (right <= 0) return (right === 0 ? probabilities[0] : probabilities.at(-1)) ?? 0;
  const [x0, x1] = [logits[right - 1] ?? 0, logits[right] ?? 0];
  const [y0, y1] = [probabilities[right - 1] ?? 0, probabilities[right] ?? 0];
  return y0 + ((logit - x0) / (x1 - x0)) * (y1 - y0);
}

export interface CalibrationQuality {
  /** Mean negative log-likelihood; lower is better. */
  readonly logLoss: number;
  /** Expected calibration error over ten equal bins: how far stated and observed frequencies lie apart. */
  readonly error: number;
}

/** A probability of exactly 0 or 1 (isotonic ends) would make the loss infinite for one surprise. */
const SUREST = 1e-4;

export function calibrationQuality(calibration: Calibration, pairs: readonly LabelledLogit[]): CalibrationQuality {
  const bins = Array.from({ length: 10 }, () => ({ stated: 0, observed: 0 }));
  let loss = 0;
  for (const { logit, relevant } of pairs) {
    const probability = calibrated(calibration, logit);
    const bounded = Math.min(1 - SUREST, Math.max(SUREST, probability));
    loss -= Math.log(relevant ? bounded : 1 - bounded);
    const bin = bins[Math.min(9, Math.floor(probability * 10))];
    if (bin !== undefined) {
      bin.stated += probability;
      bin.observed += relevant ? 1 : 0;
    }
  }
  const apart = bins.reduce((sum, { stated, observed }) => sum + Math.abs(stated - observed), 0);
  return { logLoss: loss / pairs.length, error: apart / pairs.length };
}
