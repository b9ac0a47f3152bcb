import type { Endings } from '../edits.ts';
import { porter } from './porter.ts';

/** What follows English stems, sorted: of each kind of word that readers type. */
const AFTER = (
  'able ability al alization alize alized ally ance ant ate ated ates ating ation ations ator ators e ed ence ent er ers es ful ible ' +
  'ic ical ics ing ings ion ioned ioning ions ity ive ization ize ized izes izing ly ment ments ness or ors ous s'
).split(' ');
/** The stem of `query` is queri. */
const FOR_I = ['y', 'ying'];
/** The stem of `writing` is write. */
const FOR_E = ['able', 'ed', 'er', 'ers', 'ing', 'ings'];
/** `running` is run with its last letter twice. */
const DOUBLED = ['ed', 'er', 'ers', 'ing'];

/** How words of English end: an index knows the stem of `warning` alone, which is two edits from `warnng`, and the word one. */
export const ENGLISH_ENDINGS: Endings = {
  after: AFTER,
  instead(term) {
    const endings = term.endsWith('i') ? FOR_I : term.endsWith('e') ? FOR_E : [];
    return endings.map((ending) => term.slice(0, -1) + ending);
  },
  doubled(term) {
    const last = term.slice(-1);
    return 'aeiouwxy'.includes(last) ? [] : DOUBLED.map((ending) => term + last + ending);
  },
  isForm: (word, term) => porter(word) === term,
};
