/**
 * A 53-bit content hash as 14 hex digits: two 32-bit multiply-mix lanes. It tells whether a document changed; it
 * guards against accidents, not against attackers. Synchronous, and needs no secure context, unlike crypto.subtle.
 */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const take = (value: number) => {
    a = Math.imul(a ^ value, 2654435761);
    b = Math.imul(b ^ value, 1597334677);
  };
  for (const part of parts) {
    take(part.length);
    if (typeof part === 'string') for (let i = 0; i < part.length; i += 1) take(part.charCodeAt(i));
    else for (const byte of part) take(byte);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, '0');
}
