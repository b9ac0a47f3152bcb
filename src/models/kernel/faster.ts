/** Two loops that give the same numbers, of which the faster one is found out at work. */
export interface Faster {
  /** The loop to take, 0 or 1; `work` is how much there is to do, in whatever unit. */
  run(work: number, loop: (which: 0 | 1) => void): void;
  /** The loop that was found faster, undefined while both are still tried. */
  found(): 0 | 1 | undefined;
}

/** Calls that are not counted: engines compile anew what has run a few times. */
const WARM = 20;
const TRIED = 120;

/**
 * Takes turns, then keeps to the faster loop for good. Which that is no feature test tells: it depends on what the processor does in
 * one instruction and on what the browser makes of it. Work under `least` says too little and is done by what is known so far.
 */
export function fasterOfTwo(least: number, now: () => number = () => performance.now()): Faster {
  const spent = [0, 0];
  const done = [0, 0];
  let calls = 0;
  // With a clock too coarse to tell, both are 0: then the second, which helps where help is needed most.
  const better = () => ((spent[1] ?? 0) * (done[0] ?? 0) <= (spent[0] ?? 0) * (done[1] ?? 0) ? 1 : 0);
  return {
    run(work, loop) {
      if (calls >= TRIED || work < least) return loop(better());
      const which = calls % 2 === 0 ? 0 : 1;
      const began = now();
      loop(which);
      calls += 1;
      if (calls <= WARM) return;
      spent[which] = (spent[which] ?? 0) + now() - began;
      done[which] = (done[which] ?? 0) + work;
    },
    found: () => (calls < TRIED ? undefined : better()),
  };
}
