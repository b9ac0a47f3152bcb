import type { SourceType } from '../core/document.ts';

/** How far into a page its encoding may be declared; browsers look as far. */
const DECLARATION_BYTES = 1024;

/**
 * Bytes to text: by the byte-order mark, else for HTML by the declared charset, else as UTF-8. What is broken
 * becomes U+FFFD. A string is given back as it is, less its byte-order mark; line ends become `\n`.
 */
export function decodeContent(content: string | Uint8Array, type: SourceType): string {
  const text = typeof content === 'string' ? content : new TextDecoder(encodingOf(content, type)).decode(content);
  const unmarked = text.startsWith('\ufeff') ? text.slice(1) : text;
  return unmarked.includes('\r') ? unmarked.replace(/\r\n?/g, '\n') : unmarked;
}

function encodingOf(bytes: Uint8Array, type: SourceType): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (type !== 'html' || (bytes[0] === 0xef && bytes[1] === 0xbb)) return 'utf-8';
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES));
  const declared = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i.exec(head);
  const label = (declared?.[1] ?? declared?.[2] ?? 'utf-8').toLowerCase();
  // A page that could be read as ASCII so far is not UTF-16, whatever it says (the HTML standard's rule).
  return label.startsWith('utf-16') || !isKnownEncoding(label) ? 'utf-8' : label;
}

function isKnownEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}
