import { crc32 } from '../../core/checksum.ts';
import { ByteReader, ByteWriter, corrupt } from '../codec.ts';

/** Bytes before a block's content: its CRC-32, over all that follows. */
const FRAME_BYTES = 4;

/** Deflates a block, and puts its checksum before it. */
export async function frame(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return withChecksum(await pass(content, new CompressionStream('deflate-raw')));
}

/** The block behind a frame; `name` goes into the message of SearchError('corrupt'). */
export async function unframe(stored: Uint8Array, name: string): Promise<Uint8Array> {
  return inflated(checked(stored, name), name);
}

async function inflated(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await pass(bytes.slice() as Uint8Array<ArrayBuffer>, new DecompressionStream('deflate-raw'));
  } catch (error) {
    throw corrupt(name, `a block does not decompress (${String(error)})`);
  }
}

/** Puts bytes that would not become smaller before the content of a deflated block. */
export function withBytesBefore(framed: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(framed.length + bytes.length + FRAME_BYTES);
  writer.varint(bytes.length);
  writer.raw(bytes);
  writer.raw(framed.subarray(FRAME_BYTES));
  return withChecksum(writer.finish());
}

/** The two parts of what withBytesBefore() made. */
export async function unframeBoth(
  stored: Uint8Array,
  name: string,
): Promise<{ readonly before: Uint8Array; readonly content: Uint8Array }> {
  const reader = new ByteReader(checked(stored, name), name);
  const before = reader.raw(reader.count());
  return { before, content: await inflated(reader.raw(reader.remaining), name) };
}

/** For blocks that would not become smaller: a checksum and the bytes as they are. */
export function withChecksum(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(FRAME_BYTES + content.length);
  new DataView(framed.buffer).setUint32(0, crc32(content), true);
  framed.set(content, FRAME_BYTES);
  return framed;
}

export function checked(stored: Uint8Array, name: string): Uint8Array {
  if (stored.length < FRAME_BYTES) throw corrupt(name, 'a block is cut off');
  const content = stored.subarray(FRAME_BYTES);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (view.getUint32(0, true) !== crc32(content)) throw corrupt(name, 'a block fails its checksum');
  return content;
}

async function pass(bytes: Uint8Array<ArrayBuffer>, transform: CompressionStream | DecompressionStream) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
