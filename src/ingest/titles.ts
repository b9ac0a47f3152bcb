/** One line of text: white space collapsed, and the marks that link to a heading (¶, #) taken off its ends. */
export function tidyTitle(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^[#¶§🔗]+ +/u, '')
    .replace(/(?: *[¶🔗]| +#)+$/u, '')
    .trim();
}

/** True for the words of a link that only repeats a heading's address. */
export function isPermalinkMark(text: string): boolean {
  return /^[#¶§🔗\s\u200b]*$|^\s*(?:permalink|permanent link|direct link|link to this|anchor\b|copy link)/iu.test(text);
}

/** A title for a document that has none: the last part of its address. */
export function titleOfAddress(address: string): string {
  const path = address.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not percent-encoded after all
  }
}
