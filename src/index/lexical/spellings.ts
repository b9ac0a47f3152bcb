/** Of a language's words by its ending: `-ise` and `-ize`, and `-our`, which Americans write `-or`. */
const S_OR_Z = /^([a-z]{3,}?)i([sz])(e|ed|er|ers|es|ing|ation|ations|able)$/;
const OUR = /^([a-z]{3,})our(s|ed|ing|al|able|ful|less|ite|ites)?$/;

/**
 * A folded word of English as the other side of the Atlantic writes it; undefined where both write it alike. Stemmers take off
 * one side's endings only, and a text of one side has a word or two of the other's.
 */
export function otherSpelling(word: string): string | undefined {
  const [, stem, letter, ending] = S_OR_Z.exec(word) ?? [];
  if (stem !== undefined) return `${stem}i${letter === 's' ? 'z' : 's'}${ending}`;
  const [, start, end = ''] = OUR.exec(word) ?? [];
  return start === undefined ? undefined : `${start}or${end}`;
}
