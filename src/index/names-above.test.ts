import { describe, expect, it } from 'vitest';
import { documentId, type Passage, passageId } from '../core/document.ts';
import { namesAbove } from './names-above.ts';

const passage = (ordinal: number, anchor: string, heading: readonly string[], weight = 1): Passage => ({
  id: passageId(documentId('page'), ordinal),
  documentId: documentId('page'),
  heading,
  anchor,
  text: '',
  start: 0,
  end: 0,
  weight,
});

describe('namesAbove', () => {
  it('names a page above its first passage, and a section above its own', () => {
    const names = namesAbove('Library');
    expect(names(passage(0, '', []))).toEqual([['=library'], ['=library'], []]);
    expect(names(passage(1, 'zip', ['zip()']))).toEqual([[], ['=zip'], []]);
    expect(names(passage(2, 'zip', ['zip()']))).toEqual([[], [], []]);
    // Two sections of one heading.
    expect(names(passage(3, 'zip-2', ['zip()']))).toEqual([[], ['=zip'], []]);
    expect(namesAbove('Library')(passage(0, '', [], 0.5))).toEqual([]);
  });

  it('names a section without text of its own above the first text below it, and once more above its own', () => {
    const names = namesAbove('Library');
    expect(names(passage(0, 'zip', ['Functions', 'zip()']))).toEqual([['=library'], ['=functions', '=zip'], []]);
    expect(names(passage(1, 'open', ['Files', 'open()']))[1]).toEqual(['=files', '=open']);
    expect(names(passage(2, 'files', ['Files']))[1]).toEqual(['=files']);
    expect(names(passage(3, 'close', ['Files', 'close()']))[1]).toEqual(['=close']);
    expect(names(passage(4, 'files', ['Files']))[1]).toEqual([]);
  });
});
