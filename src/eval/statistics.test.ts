import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrated, calibrationQuality, fitIsotonic, fitPlatt, type LabelledLogit } from './calibration.ts';
import { compare, randomBits, shuffled } from './significance.ts';
import { splitQueries, tune, unitGrid } from './tuning.ts';

describe('paired randomisation test', () => {
  it('is exact for few queries', () => {
    // Four equal wins: of 16 sign patterns only ++++ and ---- are as extreme.
    expect(compare([0, 0, 0, 0, 1], [1, 1, 1, 1, 1])).toEqual({
      delta: 0.8,
      p: 2 / 16,
      helped: 4,
      hurt: 0,
      unchanged: 1,
    });
    expect(compare([1, 2], [1, 2])).toEqual({ delta: 0, p: 1, helped: 0, hurt: 0, unchanged: 2 });
    expect(compare([], []).p).toBe(1);
  });

  it('agrees with the t-free normal limit for many queries, and is the same for the same seed', () => {
    const random = randomBits(7);
    const zeros = new Float64Array(100);
    const noise = zeros.map(() => random() / 2 ** 32 - 0.5);
    const shifted = noise.map((value) => value + 0.06);
    const { p, delta } = compare(zeros, shifted);
    const z = (delta * 100) / Math.sqrt(shifted.reduce((sum, value) => sum + value * value, 0));
    // Two-sided normal tail by Abramowitz and Stegun 26.2.17 would be 2(1 − Φ(z)); compare coarsely.
    expect(p).toBeGreaterThan(2 * (1 - phi(z)) * 0.9);
    expect(p).toBeLessThan(2 * (1 - phi(z)) * 1.1 + 0.002);
    expect(compare(zeros, shifted)).toEqual(compare(zeros, shifted));
  });

  it('is symmetric in its sides', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const length = Math.min(a.length, b.length);
        const [there, back] = [
          compare(a.slice(0, length), b.slice(0, length)),
          compare(b.slice(0, length), a.slice(0, length)),
        ];
        expect(there.p).toBeCloseTo(back.p, 12);
        expect(there.helped).toBe(back.hurt);
        expect(there.delta + back.delta).toBeCloseTo(0, 12);
      }),
    );
  });
});

function phi(z: number): number {
  let [sum, term] = [z, z];
  for (let i = 1; i < 100; i += 1) {
    term *= (z * z) / (2 * i + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

describe('tuning', () => {
  const queries = Array.from({ length: 60 }, (_, index) => `q${index}`);
  const number = (query: string) => Number(query.slice(1));

  it('finds a setting that is better and proves it on held-out queries', async () => {
    const result = await tune(
      [
        { name: 'weight', initial: 0.5, values: unitGrid(10) },
        { name: 'boost', initial: 1, values: [1, 2, 3] },
      ],
      queries,
      async ({ weight = 0, boost = 0 }, some) =>
        some.map((query) => 1 - Math.abs(weight - 0.8) - Math.abs(boost - 2) / 10 + (number(query) % 7) / 100),
    );
    expect(result.setting).toEqual({ weight: 0.8, boost: 2 });
    expect(result.gain).toBe(true);
    expect(result.trainQueries + result.testQueries).toBe(60);
    expect(result.test.delta).toBeCloseTo(0.4, 9);
  });

  it('says that there is none when the training half only had luck, or nothing helps', async () => {
    const { trainSide } = splitQueries(queries);
    const lucky = await tune([{ name: 'weight', initial: 0, values: [0, 1] }], queries, async ({ weight = 0 }, some) =>
      some.map((query) => (trainSide.includes(query) ? weight : (number(query) % 2) * weight - weight / 2)),
    );
    expect(lucky.gain).toBe(false);
    expect(lucky.advice).toMatch(/no gain/);
    const flat = await tune([{ name: 'weight', initial: 0, values: [0, 1] }], queries, async (_, some) =>
      some.map(() => 1),
    );
    expect(flat.setting).toEqual({ weight: 0 });
    expect(flat.advice).toMatch(/nothing tried was better/);
  });

  it('never lets the search see a held-out query, and refuses too few', async () => {
    const { trainSide, testSide } = splitQueries(queries);
    expect(trainSide.filter((query) => testSide.includes(query))).toEqual([]);
    expect([...trainSide, ...testSide].sort()).toEqual([...queries].sort());
    await expect(tune([], ['a'], async () => [1])).rejects.toThrow('at least 10 judged queries');
  });

  it('shuffles by seed', () => {
    expect(shuffled(queries, 3)).toEqual(shuffled(queries, 3));
    expect(shuffled(queries, 3)).not.toEqual(shuffled(queries, 4));
    expect([...shuffled(queries, 3)].sort()).toEqual([...queries].sort());
  });
});

describe('calibration', () => {
  function sample(count: number, seed: number): readonly LabelledLogit[] {
    const random = randomBits(seed);
    return Array.from({ length: count }, () => {
      const logit = (random() / 2 ** 32) * 12 - 6;
      return { logit, relevant: random() / 2 ** 32 < 1 / (1 + Math.exp(-(0.7 * logit - 1.5))) };
    });
  }

  it('Platt scaling recovers the sigmoid that made the labels', () => {
    const { slope, intercept } = fitPlatt(sample(20_000, 1));
    expect(slope).toBeCloseTo(0.7, 1);
    expect(intercept).toBeCloseTo(-1.5, 1);
  });

  it('both are better than the raw sigmoid on held-out pairs', () => {
    const [train, test] = [sample(2000, 2), sample(2000, 3)];
    const raw = calibrationQuality({ kind: 'platt', slope: 1, intercept: 0 }, test);
    for (const fitted of [fitPlatt(train), fitIsotonic(train)]) {
      const { logLoss, error } = calibrationQuality(fitted, test);
      expect(logLoss).toBeLessThan(raw.logLoss);
      expect(error).toBeLessThan(0.05);
    }
  });

  it('survives separable, constant and huge logits', () => {
    const apart = [-2, -1, 1, 2].map((logit) => ({ logit: logit * 1000, relevant: logit > 0 }));
    expect(calibrated(fitPlatt(apart), 2000)).toBeGreaterThan(0.6);
    const alike = [true, false, true, false].map((relevant) => ({ logit: 3, relevant }));
    expect(calibrated(fitPlatt(alike), 3)).toBeCloseTo(0.5, 6);
    expect(calibrated(fitIsotonic(alike), 3)).toBe(0.5);
    expect(() => fitPlatt([{ logit: 1, relevant: true }])).toThrow('relevant and irrelevant');
  });

  it('isotonic probabilities never fall and lie between 0 and 1', () => {
    const pairs = fc.array(fc.record({ logit: fc.integer({ min: -5, max: 5 }), relevant: fc.boolean() }), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(pairs, (given) => {
        const relevant = given.filter((pair) => pair.relevant).length;
        fc.pre(relevant > 0 && relevant < given.length);
        const fitted = fitIsotonic(given);
        const probabilities = [-6, -5, -2.5, 0, 1.5, 3, 5, 6].map((logit) => calibrated(fitted, logit));
        expect(probabilities).toEqual([...probabilities].sort((a, b) => a - b));
        expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...probabilities)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
