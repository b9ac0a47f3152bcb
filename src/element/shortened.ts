/** Somebody may have pasted a page. */
const MOST_SAID = 80;

/** A question as it is named in what is shown or said of it. */
export function shortened(question: string): string {
  return question.length <= MOST_SAID ? question : `${question.slice(0, MOST_SAID).trimEnd()}…`;
}
