const WORD_LENGTH = 100;

/** Whether BERT's tokenizers take a word for one [UNK]: they read no word of more than a hundred characters. */
export function isTooLong(word: string): boolean {
  return word.length > WORD_LENGTH && [...word].length > WORD_LENGTH;
}
