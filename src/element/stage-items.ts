import type { Answer } from '../engine/types.ts';
import { make } from './result-item.ts';
import type { SearchTexts } from './search-texts.ts';

type StageState = 'skipped' | 'shown' | 'done' | 'idle' | 'busy';

/** An item for each of the tiers that were asked for: its name, how it stands with it, and its time. */
export function stageItems(
  answer: Answer,
  tiers: readonly string[],
  names: SearchTexts['names'],
): readonly HTMLLIElement[] {
  return tiers.map((stage) => {
    const ms = answer.ms[stage];
    const time = ms === undefined ? '' : ` ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
    return make('li', { 'data-stage': stage, 'data-state': stateOf(stage, answer) }, (names[stage] ?? stage) + time);
  });
}

function stateOf(stage: string, answer: Answer): StageState {
  if (answer.skipped.some((each) => each.stage === stage)) return 'skipped';
  if (stage === answer.stage) return 'shown';
  if (answer.ms[stage] !== undefined) return 'done';
  return answer.complete ? 'idle' : 'busy';
}
