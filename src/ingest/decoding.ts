import type { SourceType } from '../core/document.ts';

/** How far into a page its encoding may be declared; browsers look as far. */
const DECLARATION_BYTES = 1024;

/**
 * Bytes to text: by the byte-order mark, else for HTML by the declared charset, else as UTF-8 or, where they are mostly
 * no UTF-8, as windows-1252. What is broken becomes U+FFFD. A string is given back as it is, less its byte-order mark;
 * line ends become `\n`.
 */
export function decodeContent(content: string | Uint8Array, type: SourceType): string {
  const text = typeof content === 'string' ? content : decodeBytes(content, declaredEncoding(content, type));
  const unmarked = text.startsWith('\ufeff') ? text.slice(1) : text;
  return unmarked.includes('\r') ? unmarked.replace(/\r\n?/g, '\n') : unmarked;
}

/** What windows-1252 has in the place of Latin-1's control characters 0x80 to 0x9f. */
const WINDOWS_1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

function decodeBytes(bytes: Uint8Array, declared: string | undefined): string {
  const decoder = new TextDecoder(declared ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1252'));
  const text = decoder.decode(bytes);
  // Node 20 reads windows-1252 as Latin-1; elsewhere this changes nothing.
  return decoder.encoding === 'windows-1252'
    ? text.replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252.charAt(control.charCodeAt(0) - 0x80))
    : text;
}

/**
 * Whether bytes that do not say so are UTF-8: all of them, or of those above 0x7f more than half. A file that was cut, or
 * damaged in places, is UTF-8 still: other encodings seldom put such bytes side by side in the one way that makes a
 * character of it. Text of an older Windows program has hardly any such pair, and read as UTF-8 it loses every letter
 * that is not ASCII.
 */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return 2 * soundBytes(new TextDecoder().decode(bytes)) > bytes.reduce((sum, byte) => sum + (byte >> 7), 0);
  }
}

/** How many bytes above 0x7f a text took that was read from UTF-8, what was broken not counted. */
function soundBytes(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isHalf = unit >= 0xd800 && unit <= 0xdfff; // of a character of four bytes
    if (unit > 0x7f && unit !== 0xfffd) sum += unit < 0x800 || isHalf ? 2 : 3;
  }
  return sum;
}

/** What the bytes say of themselves: by their mark, or in HTML. */
function declaredEncoding(bytes: Uint8Array, type: SourceType): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (type !== 'html') return undefined;
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES));
  const declared = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i.exec(head);
  const label = (declared?.[1] ?? declared?.[2])?.toLowerCase();
  // A page that could be read as ASCII so far is not UTF-16, whatever it says (the HTML standard's rule).
  if (label?.startsWith('utf-16')) return 'utf-8';
  return label !== undefined && isKnownEncoding(label) ? label : undefined;
}

function isKnownEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}
