/** One line of text: white space collapsed, and the marks that link to a heading (¶, #) taken off its ends. */
export function tidyTitle(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[#¶§🔗]+ +/u, '')
    .replace(/(?: *[¶🔗]| +#)+$/u, '')
    .trim();
}

/** True for a sign, and no words, in a link to a heading. */
export function isPermalinkSign(text: string): boolean {
  return /^[#¶§🔗\s\u200b]*$/u.test(text);
}

/** True for the words of a link that only repeats a heading's address. */
export function isPermalinkMark(text: string): boolean {
  const words = /^\s*(?:permalink|permanent link|direct link|link to this|anchor\b|copy (?:link|item path))/i;
  return isPermalinkSign(text) || words.test(text);
}

/** A title for a document that has none: its file's name, or its folder's for a README or index. */
export function titleOfAddress(address: string): string {
  const path = address.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const [name = '', folder = ''] = path.split('/').reverse();
  // A URL may have lost the file's ending.
  const title =
    folder !== '' && /^(?:readme|index)(?:\.\w+)?$/i.test(name)
      ? folder
      : name.replace(/\.(?:mdx?|markdown|x?html?)$/i, '');
  return decoded(title);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not percent-encoded after all
  }
}
