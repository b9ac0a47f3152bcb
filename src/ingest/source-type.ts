import type { SourceType } from '../core/document.ts';

const BY_EXTENSION: Readonly<Record<string, SourceType>> = {
  htm: 'html',
  html: 'html',
  markdown: 'markdown',
  md: 'markdown',
  mdx: 'markdown',
  pdf: 'pdf',
  rst: 'text',
  text: 'text',
  txt: 'text',
  xhtml: 'html',
};

const BY_MIME: Readonly<Record<string, SourceType>> = {
  'application/pdf': 'pdf',
  'application/xhtml+xml': 'html',
  'text/html': 'html',
  'text/markdown': 'markdown',
  'text/mdx': 'markdown',
  'text/plain': 'text',
  'text/x-markdown': 'markdown',
  'text/x-rst': 'text',
};

/** How to read a file of this name, or of this MIME type where the name says nothing; undefined: it is none of ours. */
export function sourceTypeOf(name: string, mime = ''): SourceType | undefined {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(BY_EXTENSION, extension)) return BY_EXTENSION[extension];
  const type = mime.replace(/;.*$/s, '').trim().toLowerCase();
  return Object.hasOwn(BY_MIME, type) ? BY_MIME[type] : undefined;
}
