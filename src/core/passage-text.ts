/**
 * What every model reads of a passage: title and heading path as sentences, then the text. A heading that only
 * repeats the one before is said once. The shipped weights were trained on this form (training/corpus.py, passage_text).
 */
export function passageText(passage: {
  readonly title: string;
  readonly heading: readonly string[];
  readonly text: string;
}): string {
  const said: string[] = [];
  for (const part of [passage.title, ...passage.heading]) {
    const words = part.trim().replace(/\s+/g, ' ');
    if (words !== '' && said.at(-1)?.toLowerCase() !== words.toLowerCase()) said.push(words);
  }
  return said.length === 0 ? passage.text : `${said.join('. ')}. ${passage.text}`;
}
